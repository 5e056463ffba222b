"""What the CASEMIS files mean: seed 001's import process, rule by rule."""

from datetime import date
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from tests.casemis_frames import BORN, CONTEXT, decide, services_file, students_file, table, views
from tests.examples import examples

from rollcall.core.integration import Decision
from rollcall.core.plans.counts import row_counts
from rollcall.core.plans.diff import diff, to_read
from rollcall.core.plans.digest import digest
from rollcall.core.plans.plan import OUTCOME_SCHEMA, Wanted
from rollcall.integrations.casemis.integration import INTEGRATION, SERVICE, SPECIAL_EDUCATION
from rollcall.integrations.casemis.layout import TABLE_A, table_b
from rollcall.integrations.casemis.settings import CasemisSettings

NUNEZ = {"state_id": "1000000001", "selpa_code": "1901", "special_ed_id": "55", "plan_type": "10"}
LEE = {"state_id": "1000000002", "selpa_code": "1901", "special_ed_id": "66", "plan_type": "70"}


def outcomes(decision: Decision, input: str = "students") -> list[Any]:
    return decision.rows[input].select("line", "outcome", "rule", "local_id").rows()


def codes(decision: Decision) -> list[tuple[str, int | None, str]]:
    return decision.findings.select("code", "line", "detail").rows()


def service(decision: Decision) -> Wanted:
    return decision.wanted[1]


# Table A


def test_a_matched_row_is_wanted_as_the_students_record() -> None:
    decision = decide(students_file({**NUNEZ, "grade": "18", "exit_date": BORN}))
    (wanted,) = decision.wanted
    assert wanted.record is SPECIAL_EDUCATION
    assert set(wanted.frame.columns) == {"line", *SPECIAL_EDUCATION.schema}
    values = wanted.frame.select("line", "local_id", "special_ed_id", "grade", "exit_date").rows()
    assert values == [(1, "1001", "55", "18", BORN)]
    assert wanted.stamp
    assert wanted.scope is None


def test_only_matched_rows_are_wanted() -> None:
    unknown = {"state_id": "9999999999"}
    twin = {"state_id": "1000000009"}
    lee = {"last_name": "LEE", "first_name": "ANN", "birth_date": BORN}
    decision = decide(students_file(NUNEZ, unknown, twin, lee, LEE, LEE))
    assert outcomes(decision) == [
        (1, "matched", "state_id", "1001"),
        (2, "unmatched", "unknown_state_id", None),
        (3, "ambiguous", "shared_state_id", None),
        (4, "ambiguous", "shared_name", None),
        (5, "duplicate", "same_state_id", None),
        (6, "duplicate", "same_state_id", None),
    ]
    assert decision.wanted[0].frame["line"].to_list() == [1]
    assert [code for code, _, _ in codes(decision)] == [
        "match.unknown_state_id",
        "match.shared_state_id",
        "match.shared_name",
        "match.same_state_id",
        "match.same_state_id",
    ]


def test_blank_participation_stays_and_filled_participation_replaces_field_by_field() -> None:
    wanted = decide(students_file({**NUNEZ, "participation2": "Y"})).wanted[0]
    columns = list(SPECIAL_EDUCATION.columns)
    assert wanted.keep_blank == tuple(columns[columns.index("participation1") :][:6])
    stored = wanted.frame.select(list(SPECIAL_EDUCATION.schema)).with_columns(
        participation1=pl.lit("hand"), participation2=pl.lit("hand"), grade=pl.lit("01")
    )
    stored = stored.cast(pl.Schema(SPECIAL_EDUCATION.schema))
    keys = stored.with_columns(digest(stored, SPECIAL_EDUCATION).alias("digest"))
    assert to_read(wanted, keys).rows() == [("1001",)]
    after = diff(wanted, keys, stored).after
    assert after.select("participation1", "participation2", "grade").rows() == [("hand", "Y", None)]


def test_a_field_that_could_not_be_read_is_kept() -> None:
    row = {**NUNEZ, "kept": ["grade", "birth_date"]}
    decision = decide(table(TABLE_A, "students", [row], kept=True))
    assert decision.wanted[0].frame["kept"].to_list() == [["grade", "birth_date"]]


def test_every_record_read_has_an_outcome_also_the_rejected_ones() -> None:
    refused = [(1, "1000000001", "field.date", ""), (3, None, "row.column_count", "67 expected")]
    decision = decide(students_file(NUNEZ, LEE, refused=refused))
    assert outcomes(decision) == [
        (1, "rejected", "field.date", None),
        (2, "duplicate", "same_state_id", None),
        (3, "rejected", "row.column_count", None),
        (4, "matched", "state_id", "1002"),
    ]
    rows = decision.rows["students"]
    assert dict(list(rows.schema.items())[:5]) == OUTCOME_SCHEMA
    assert rows["state_id"].to_list() == ["1000000001", "1000000001", None, "1000000002"]


# Table B


def test_services_are_left_alone_when_they_are_not_included() -> None:
    decision = decide(students_file(NUNEZ))
    assert list(decision.rows) == ["students"]
    assert len(decision.wanted) == 1
    assert codes(decision) == []


def test_a_students_services_of_the_year_are_replaced() -> None:
    decision = decide(
        students_file(NUNEZ),
        services_file(
            {"state_id": "1000000001", "service_code": "330", "duration": "60"},
            {"state_id": "1000000002", "service_code": "415"},
        ),
    )
    wanted = service(decision)
    assert wanted.record is SERVICE
    assert wanted.frame.select("local_id", "school_year", "service_code", "duration").rows() == [
        ("1001", "2016-2017", "330", "60"),
        ("1002", "2016-2017", "415", None),
    ]
    assert wanted.scope is not None
    assert sorted(wanted.scope.rows()) == [("1001", "2016-2017"), ("1002", "2016-2017")]
    assert wanted.shielded is not None
    assert wanted.shielded.is_empty()


def test_equal_services_are_counted() -> None:
    speech = {"state_id": "1000000001", "service_code": "415", "provider": "100"}
    other = {**speech, "provider": None}
    frame = service(decide(students_file(NUNEZ), services_file(speech, other, speech, other))).frame
    assert frame.select("line", "provider", "occurrence").rows() == [
        (1, "100", 1),
        (2, None, 1),
        (3, "100", 2),
        (4, None, 2),
    ]


def test_services_start_on_the_districts_first_day_of_school_else_on_july_1() -> None:
    first, later = date(2016, 8, 22), date(2016, 9, 1)

    def start(*calendar: tuple[str | None, str, date | None]) -> date:
        services = services_file({"state_id": "1000000001", "service_code": "415"})
        day: date = service(decide(students_file(), services, views(calendar))).frame["start_date"][
            0
        ]
        return day

    assert start((None, "2016-2017", first), ("101", "2016-2017", later)) == first
    assert start(("101", "2016-2017", later)) == date(2016, 7, 1)
    assert start((None, "2015-2016", later)) == date(2016, 7, 1)
    assert start((None, "2016-2017", None)) == date(2016, 7, 1)


def test_a_service_with_an_ssid_never_falls_back() -> None:
    services = services_file(
        {"state_id": "9999999999", "special_ed_id": "55", "selpa_code": "1901"},
        {"state_id": "1000000009", "special_ed_id": "55", "selpa_code": "1901"},
    )
    assert outcomes(decide(students_file(NUNEZ), services), "services") == [
        (1, "unmatched", "unknown_state_id", None),
        (2, "ambiguous", "shared_state_id", None),
    ]


def through(selpa: str | None, id: str | None) -> dict[str, Any]:
    return {"selpa_code": selpa, "special_ed_id": id, "service_code": "415"}


def test_a_service_without_ssid_goes_through_the_student_file() -> None:
    students = students_file(
        NUNEZ,
        {**LEE, "state_id": "8888888888"},
        {**LEE, "special_ed_id": "77", "state_id": "7777777777"},
        {**LEE, "special_ed_id": "77"},
    )
    services = services_file(
        through("1901", "55"),
        through("1901", "66"),
        through("1901", "99"),
        through("2000", "55"),
        through("1901", None),
        through("1901", "77"),
    )
    decision = decide(students, services)
    assert outcomes(decision, "services") == [
        (1, "matched", "students_file", "1001"),
        (2, "unmatched", "students_row_not_matched", None),
        (3, "unmatched", "not_in_students_file", None),
        (4, "unmatched", "not_in_students_file", None),
        (5, "unmatched", "nothing_to_match_on", None),
        (6, "ambiguous", "shared_special_ed_id", None),
    ]
    assert decision.rows["services"]["candidates"].to_list()[-1] == ["1002"]


def test_a_services_file_without_selpa_is_compared_by_id_alone() -> None:
    columns = ["STUDENT_ID", "SERVICE"]
    row = {"special_ed_id": "55", "service_code": "415"}
    services = table(table_b(columns), "services", [row])
    decision = decide(students_file(NUNEZ), services, services_columns=columns)
    assert outcomes(decision, "services") == [(1, "matched", "students_file", "1001")]
    assert service(decision).frame["provider"].to_list() == [None]


def test_a_student_with_a_row_that_could_not_be_used_loses_no_service() -> None:
    nunez = {"state_id": "1000000001", "service_code": "330"}
    services = services_file(nunez, refused=[(2, "1000000001", "field.required", "")])
    decision = decide(students_file(NUNEZ), services)
    assert ("casemis.services_shielded", None, "students: 1") in codes(decision)
    wanted = service(decision)
    stored = wanted.frame.drop("line").with_columns(service_code=pl.lit("999"))
    keys = stored.with_columns(digest(stored, SERVICE).alias("digest"))
    changes = diff(wanted, keys, keys.join(to_read(wanted, keys), on=list(SERVICE.key), how="semi"))
    assert changes.after["change"].to_list() == ["add"]


def test_candidates_of_an_ambiguous_row_and_kin_of_a_lost_one_are_shielded_too() -> None:
    services = services_file(
        {"state_id": "1000000009", "service_code": "330"},
        {**through("1901", "55"), "state_id": "1000000001"},
        through("1901", "55"),
    )
    decision = decide(students_file(), services)
    shielded = service(decision).shielded
    assert shielded is not None
    assert sorted(shielded["local_id"]) == ["1001", "1005", "1006"]


def test_students_who_should_have_services_and_are_not_in_the_file_are_counted() -> None:
    okafor = {"state_id": "1000000004", "plan_type": "10"}
    services = services_file({"state_id": "1000000004", "service_code": "415"})
    decision = decide(students_file(NUNEZ, LEE, okafor), services)
    assert codes(decision) == [("casemis.students_without_services", None, "students: 1")]


ID = st.sampled_from([None, "1000000001", "1000000002", "1000000009", "9999999999"])
LOCAL = st.sampled_from([None, "55", "66"])
ROW_A = st.fixed_dictionaries({"state_id": ID, "special_ed_id": LOCAL})
ROW_B = st.fixed_dictionaries(
    {"state_id": ID, "special_ed_id": LOCAL, "service_code": st.sampled_from(["415", "330"])}
)
UNREAD = st.lists(st.tuples(ID, st.sampled_from(["field.date", "row.quote"])), max_size=2)


@examples(40)
@given(st.lists(ROW_A, max_size=5), UNREAD, st.lists(ROW_B, max_size=6), UNREAD)
def test_counts_add_up_and_every_wish_fits_the_record(a: Any, a_un: Any, b: Any, b_un: Any) -> None:
    bad_a = [(line, id, code, "") for line, (id, code) in enumerate(a_un, 2)]
    bad_b = [(line, id, code, "") for line, (id, code) in enumerate(b_un, 2)]
    decision = decide(students_file(*a, refused=bad_a), services_file(*b, refused=bad_b))
    for input, read in (("students", len(a) + len(bad_a)), ("services", len(b) + len(bad_b))):
        counts = row_counts(decision.rows[input])
        assert counts.pop("read") == read == sum(counts.values())
        assert decision.rows[input]["line"].n_unique() == read
    for wanted in decision.wanted:
        assert wanted.frame.select(list(wanted.record.key)).is_unique().all()
    matched = decision.rows["services"].filter(pl.col("outcome") == "matched")
    assert service(decision).frame.height == matched.height


def test_the_rows_order_does_not_matter() -> None:
    ordered = students_file(NUNEZ, LEE)
    turned = ordered.rows[::-1]
    again = INTEGRATION.decide(
        {"students": type(ordered)(turned, *list(vars(ordered).values())[1:])},
        views(),
        CasemisSettings(),
        CONTEXT,
    )
    assert again.rows["students"].equals(decide(ordered).rows["students"])
