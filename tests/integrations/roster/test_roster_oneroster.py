"""A OneRoster 1.1 bundle says the same as Rollcall's own files, as far as OneRoster goes."""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.examples import examples
from tests.oneroster_bundles import write_oneroster
from tests.roster_bundles import Decided, decide, files_in, held

from rollcall.integrations.roster.settings import RosterSettings
from rollcall.sandbox.districts.california import make_district, write_bundle

ORGS = (
    "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"
    "d,active,,Demo,district,,\n"
    "s1,active,,Alder School,school,0100,d\n"
    "s2,active,,Oak School,School,,d\n"
    "s3,tobedeleted,,Old School,school,0300,d\n"
)
USERS = (
    "sourcedId,status,orgSourcedIds,role,userIds,givenName,familyName,middleName,identifier,grades\n"
    'u1,active,"d,s1","student","{LEA:001},{ssid: 0123456789 }",Ana,García,,001,"KG,01"\n'
    "u2,Active,s2,Student,{LEA:002},Liam,O'Brien,Sean,,9\n"
    "u3,tobedeleted,s1,student,,Old,One,,003,05\n"
    "u4,active,s1,teacher,,A,Teacher,,t1,\n"
    "u5,active,s9,student,,Pao,Vang,,005,11\n"
)
DEMOGRAPHICS = (
    "sourcedId,status,birthDate,sex\nu1,active,2005-03-01,female\nu2,active,,Male\nu4,active,,\n"
)
SESSIONS = (
    "sourcedId,status,title,type,startDate,endDate,parentSourcedId,schoolYear\n"
    "y,active,Year,schoolYear,2016-08-15,2017-06-02,,2017\n"
    "t,active,Fall,term,2016-08-15,2016-12-20,y,2017\n"
)
ALL = {
    "orgs.csv": ORGS,
    "users.csv": USERS,
    "demographics.csv": DEMOGRAPHICS,
    "academicSessions.csv": SESSIONS,
}


def test_orgs_of_type_school_are_schools() -> None:
    decided = decide(ALL)
    assert decided.wanted("school").frame.select("code", "name").rows() == [
        ("0100", "Alder School"),
        ("s2", "Oak School"),
    ]
    assert decided.rules("orgs") == ["not_a_school", "accepted", "accepted", "not_a_school"]
    assert decided.wanted("school").keep_blank == ("type", "state_id")


def test_users_of_role_student_are_students() -> None:
    decided = decide(ALL)
    frame = decided.wanted("student").frame
    assert frame["local_id"].to_list() == ["001", "u2", "005"]
    assert frame["state_id"].to_list() == ["0123456789", None, None]
    assert frame["grade"].to_list() == ["KN", "09", "11"]
    assert frame["gender"].to_list() == ["F", "M", None]
    assert frame["birth_date"].dt.to_string().to_list() == ["2005-03-01", None, None]
    assert frame["school_code"].to_list() == ["0100", "s2", "s9"]
    passed = ["accepted", "accepted", "not_a_student", "not_a_student", "accepted"]
    assert decided.rules("users") == passed
    assert decided.outcomes("users") == ["matched"] * 5


def test_what_is_passed_over_is_counted() -> None:
    found = decide(ALL).findings.filter(pl.col("code") == "roster.passed_over").sort("input")
    assert found.select("input", "detail").rows() == [
        ("academic_sessions", "1 rows"),
        ("orgs", "2 rows"),
        ("users", "2 rows"),
    ]


def test_school_years_are_calendars_of_the_district() -> None:
    frame = decide(ALL).wanted("calendar").frame
    assert frame.select("school_code", "school_year").rows() == [(None, "2016-2017")]
    blank = {**ALL, "academicSessions.csv": SESSIONS.replace(",2017\n", ",\n")}
    assert decide(blank).wanted("calendar").frame["school_year"].to_list() == ["2016-2017"]


def test_an_org_that_is_not_there_is_an_unknown_school() -> None:
    assert (5, "roster.unknown_school") in decide(ALL).codes("users")


def test_an_empty_demographic_takes_nothing_away() -> None:
    keep = decide(ALL).wanted("student").keep_blank
    assert {"birth_date", "gender"} <= set(keep)
    without = decide({"orgs.csv": ORGS, "users.csv": USERS}).wanted("student")
    assert {"birth_date", "gender"} <= set(without.keep_blank)


def test_demographics_need_a_user_and_come_once() -> None:
    demographics = DEMOGRAPHICS + "u9,active,2001-01-01,male\nu1,active,2006-03-01,female\n"
    decided = decide({**ALL, "demographics.csv": demographics})
    outcomes = ["duplicate", "matched", "matched", "unmatched", "duplicate"]
    assert decided.outcomes("demographics") == outcomes
    assert decided.wanted("student").frame["birth_date"].null_count() == 3


def test_the_settings_say_where_ids_are() -> None:
    settings = RosterSettings(
        local_id_from="sourcedId",
        school_code_from="sourcedId",
        state_id_type="LEA",
        state_id_digits=3,
    )
    frame = decide(ALL, settings=settings).wanted("student").frame
    assert frame["local_id"].to_list() == ["u1", "u2", "u5"]
    assert frame["state_id"].to_list() == ["001", "002", None]
    assert frame["school_code"].to_list() == ["s1", "s2", "s9"]


def test_a_state_id_without_all_digits_rejects_its_row() -> None:
    users = USERS.replace("0123456789", "123456789")
    decided = decide({**ALL, "users.csv": users})
    assert decided.outcomes("users")[0] == "rejected"
    assert (1, "roster.state_id") in decided.codes("users")


def test_a_student_without_a_name_is_rejected_and_a_teacher_is_not() -> None:
    users = USERS.replace("Liam,O'Brien", ",").replace("A,Teacher", ",")
    decided = decide({**ALL, "users.csv": users})
    assert decided.outcomes("users") == ["matched", "rejected", *["matched"] * 3]


def test_users_of_one_local_id_are_duplicates() -> None:
    users = USERS.replace(",005,11", ",001,11")
    decided = decide({**ALL, "users.csv": users})
    assert decided.rules("users")[0] == decided.rules("users")[4] == "duplicate"


def test_own_files_go_before_oneroster() -> None:
    own = "local_id,last_name,first_name\n001,García,Ana\n"
    decided = decide({**ALL, "students.csv": own})
    assert decided.keys("student") == ["001"]
    assert decided.rules("users") == ["not_used"] * 5
    assert (None, "roster.two_sources") in decided.codes("users")


def test_enrollments_may_stand_beside_oneroster() -> None:
    own = "local_id,school_code,school_year,entry_date\n001,0100,2016-2017,2016-08-15\n"
    decided = decide({**ALL, "enrollments.csv": own})
    assert decided.outcomes("enrollments") == ["matched"]


def bundles(students: int, seed: int) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """One district as Rollcall's own files and as OneRoster."""
    frames = make_district(students, seed)
    with TemporaryDirectory() as folder:
        own = files_in(write_bundle(frames, Path(folder) / "own"))
        return own, files_in(write_oneroster(frames, Path(folder) / "oneroster"))


def records(decided: Decided, record: str, columns: list[str]) -> pl.DataFrame:
    key = list(decided.wanted(record).record.key)
    return decided.wanted(record).frame.select(columns).sort(key)


@examples(12)
@given(students=st.integers(1, 1_500), seed=st.integers(0, 2**32))
def test_both_forms_of_a_district_give_the_same_records(students: int, seed: int) -> None:
    own, oneroster = (decide(files, held()) for files in bundles(students, seed))
    every = list(own.wanted("student").record.schema)
    assert_frame_equal(records(oneroster, "student", every), records(own, "student", every))
    names = ["code", "name"]
    assert_frame_equal(records(oneroster, "school", names), records(own, "school", names))
    whole = records(own, "calendar", list(own.wanted("calendar").record.schema))
    whole = whole.filter(pl.col("school_code").is_null())
    assert_frame_equal(records(oneroster, "calendar", whole.columns), whole)


@pytest.mark.parametrize("input", ["users", "orgs", "students", "schools"])
def test_every_row_of_a_sound_bundle_is_matched(input: str) -> None:
    for files in bundles(300, 1):
        decided = decide(files)
        assert set(decided.outcomes(input) if input in decided.decision.rows else []) <= {"matched"}
