"""What Rollcall's own record files make of the records."""

import polars as pl
import pytest
from tests.roster_bundles import decide, held

from rollcall.integrations.roster.settings import RosterSettings, in_state

SCHOOLS = "code,name,type\n0100,Alder School,Elementary\n0200,Oak School,High\n"
STUDENTS = (
    "local_id,state_id,last_name,first_name,middle_name,birth_date,gender,grade,school_code\n"
    "001,0123456789,García,Ana,,2005-03-01,F,06,0100\n"
    "002,,O'Brien,Liam,Sean,2000-11-30,M,1,0200\n"
)
ENROLLMENTS = (
    "local_id,school_code,school_year,grade,entry_date,exit_date\n"
    "001,0100,2016-2017,06,2016-08-15,\n"
    "002,0200,2016-2017,11,2016-08-15,2016-09-30\n"
)
CALENDARS = (
    "school_code,school_year,first_day,last_day\n"
    ",2016-2017,2016-08-15,2017-06-02\n"
    "0100,2016-2017,2016-08-16,2017-06-02\n"
)
ALL = {
    "schools.csv": SCHOOLS,
    "students.csv": STUDENTS,
    "enrollments.csv": ENROLLMENTS,
    "calendars.csv": CALENDARS,
}


def test_a_whole_bundle_is_accepted() -> None:
    decided = decide(ALL)
    assert [w.record.name for w in decided.decision.wanted] == [
        "school",
        "student",
        "enrollment",
        "calendar",
    ]
    for input in ("schools", "students", "enrollments", "calendars"):
        assert decided.outcomes(input) == ["matched", "matched"]
    assert decided.findings.is_empty()
    assert all(w.scope is None for w in decided.decision.wanted)
    assert decided.wanted("student").keep_blank == ("generation_suffix",)  # not in the file


def test_values_stay_text_and_a_lost_zero_of_a_grade_comes_back() -> None:
    frame = decide(ALL).wanted("student").frame
    assert frame["local_id"].to_list() == ["001", "002"]
    assert frame["state_id"].to_list() == ["0123456789", None]
    assert frame["grade"].to_list() == ["06", "01"]
    assert frame["middle_name"].to_list() == [None, "Sean"]


def test_the_calendar_of_the_district_has_no_school() -> None:
    assert decide(ALL).wanted("calendar").frame["school_code"].to_list() == [None, "0100"]


def test_a_column_that_is_absent_leaves_what_is_held() -> None:
    decided = decide({"students.csv": "first_name,local_id,last_name,grade\nAna,1,García,\n"})
    wanted = decided.wanted("student")
    assert "grade" not in wanted.keep_blank  # there and empty: taken away
    assert set(wanted.keep_blank) == {
        "state_id",
        "middle_name",
        "birth_date",
        "gender",
        "school_code",
        "generation_suffix",
    }


def test_further_columns_are_ignored() -> None:
    decided = decide({"schools.csv": "phone,code,name\n555,0100,Alder\n"})
    assert decided.keys("school") == ["0100"]


def test_rows_about_one_student_are_all_left_out() -> None:
    again = STUDENTS + "001,,Garcia,Ana,,2005-03-01,F,06,0100\n"
    decided = decide({**ALL, "students.csv": again})
    assert decided.outcomes("students") == ["duplicate", "matched", "duplicate"]
    assert decided.codes("students") == [(1, "roster.duplicate"), (3, "roster.duplicate")]
    assert decided.keys("student") == ["002"]


def test_a_refused_row_makes_a_duplicate_of_the_other_one() -> None:
    again = STUDENTS + "001,,Garcia,Ana,,2005-02-30,F,06,0100\n"
    decided = decide({**ALL, "students.csv": again})
    assert decided.outcomes("students") == ["duplicate", "matched", "rejected"]


def test_a_student_may_enter_one_school_twice_a_year() -> None:
    again = ENROLLMENTS + "002,0200,2016-2017,11,2016-11-01,\n"
    decided = decide({**ALL, "enrollments.csv": again})
    assert decided.outcomes("enrollments") == ["matched"] * 3


def test_enrollments_of_one_key_are_duplicates() -> None:
    again = ENROLLMENTS + "002,0200,2016-2017,12,2016-08-15,\n"
    decided = decide({**ALL, "enrollments.csv": again})
    assert decided.outcomes("enrollments") == ["matched", "duplicate", "duplicate"]


def test_two_calendars_of_the_district_are_duplicates() -> None:
    again = CALENDARS + ",2016-2017,2016-08-17,2017-06-02\n"
    decided = decide({**ALL, "calendars.csv": again})
    assert decided.outcomes("calendars") == ["duplicate", "matched", "duplicate"]


def test_an_enrollment_needs_a_student_of_the_files_or_the_records() -> None:
    files = {"enrollments.csv": ENROLLMENTS}
    decided = decide(files, held(("0100", "0200"), ("001",)))
    assert decided.outcomes("enrollments") == ["matched", "unmatched"]
    assert decided.codes("enrollments") == [(2, "roster.unknown_student")]
    assert decided.keys("enrollment") == ["001"]


def test_an_enrollment_of_a_student_left_out_is_left_out() -> None:
    twice = STUDENTS + STUDENTS.splitlines()[1] + "\n"
    decided = decide({**ALL, "students.csv": twice})
    assert decided.outcomes("enrollments") == ["unmatched", "matched"]


def test_dates_in_the_wrong_order_reject_their_row() -> None:
    enrollments = ENROLLMENTS.replace("2016-09-30", "2016-08-14")
    calendars = CALENDARS.replace("2017-06-02", "2016-06-02", 1)
    decided = decide({**ALL, "enrollments.csv": enrollments, "calendars.csv": calendars})
    assert decided.outcomes("enrollments") == ["matched", "rejected"]
    assert decided.codes("enrollments") == [(2, "roster.exit_before_entry")]
    assert decided.outcomes("calendars") == ["rejected", "matched"]
    assert decided.codes("calendars") == [(1, "roster.last_before_first")]


def test_an_exit_on_the_day_of_entry_is_right() -> None:
    enrollments = ENROLLMENTS.replace("2016-09-30", "2016-08-15")
    assert (
        decide({**ALL, "enrollments.csv": enrollments}).outcomes("enrollments") == ["matched"] * 2
    )


def test_a_school_year_is_two_years_in_a_row() -> None:
    for wrong in ("2016-17", "2016", "2016-2018", "2017-2016"):
        enrollments = ENROLLMENTS.replace("002,0200,2016-2017", f"002,0200,{wrong}")
        decided = decide({**ALL, "enrollments.csv": enrollments})
        assert decided.codes("enrollments") == [(2, "roster.school_year")], wrong


def test_an_unknown_school_is_told_once_and_the_rows_are_loaded() -> None:
    students = STUDENTS.replace(",0200\n", ",0900\n") + "003,,Vang,Pao,,,,,0900\n"
    decided = decide({**ALL, "students.csv": students})
    assert decided.outcomes("students") == ["matched"] * 3
    assert decided.codes("students") == [(2, "roster.unknown_school")]
    assert decided.findings["detail"].to_list() == ["school 0900, 2 rows"]


def test_a_school_of_the_records_is_known() -> None:
    decided = decide({"students.csv": STUDENTS}, held(("0100", "0200")))
    assert decided.findings.is_empty()


def test_a_state_id_has_as_many_digits_as_set() -> None:
    students = STUDENTS.replace("0123456789", "123456789")
    decided = decide({**ALL, "students.csv": students})
    assert decided.outcomes("students") == ["rejected", "matched"]
    assert decided.codes("students") == [(1, "field.digits")]
    elsewhere = decide({**ALL, "students.csv": students}, settings=RosterSettings())
    assert elsewhere.outcomes("students") == ["matched", "matched"]


@pytest.mark.parametrize(
    ("state", "digits"), [("CA", 10), ("MN", 13), ("KY", 10), ("AB", 9), (" mn", 13)]
)
def test_the_state_says_how_many_digits_an_id_has(state: str, digits: int) -> None:
    assert in_state(state) == {"state_id_digits": digits}


def test_in_a_state_not_known_an_id_is_any_text() -> None:
    assert in_state("WI") == {}
    assert RosterSettings().state_id_digits == 0


def test_a_shared_state_id_is_loaded_with_a_warning() -> None:
    students = STUDENTS.replace("002,,", "002,0123456789,")
    decided = decide({**ALL, "students.csv": students})
    assert decided.outcomes("students") == ["matched", "matched"]
    assert decided.codes("students") == [(n, "roster.shared_state_id") for n in (1, 2)]


def test_records_not_in_the_file_stay() -> None:
    decided = decide(ALL, held(("0100", "0900"), ("001", "099", "098")))
    assert decided.codes("schools") == [(None, "roster.not_in_file")]
    assert decided.codes("students") == [(None, "roster.not_in_file")]
    details = decided.findings.sort("input")["detail"].to_list()
    assert details == ["1 records", "2 records"]
    assert all(w.scope is None for w in decided.decision.wanted)


def test_a_row_refused_is_still_in_the_file() -> None:
    students = STUDENTS.replace("2005-03-01", "2005-02-30")
    decided = decide({**ALL, "students.csv": students}, held((), ("001",)))
    assert "roster.not_in_file" not in [code for _, code in decided.codes("students")]


def test_a_field_to_be_kept_is_handed_on() -> None:
    students = STUDENTS.replace("2005-03-01", "2005-02-30")
    settings = RosterSettings.model_validate({"bad_field": "keep"})
    decided = decide({**ALL, "students.csv": students}, settings=settings)
    kept = decided.wanted("student").frame.sort("line")["kept"]
    assert kept.list.len().fill_null(0).to_list() == [1, 0]
    assert kept[0].to_list() == ["birth_date"]


def test_only_rows_not_accepted_carry_the_header() -> None:
    again = STUDENTS + STUDENTS.splitlines()[1] + "\n"
    rows = decide({**ALL, "students.csv": again}).decision.rows["students"]
    names = STUDENTS.splitlines()[0].split(",")
    assert rows.filter(pl.col("header").is_null())["outcome"].to_list() == ["matched"]
    assert rows["header"][0].to_list() == names
