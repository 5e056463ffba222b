"""The reports: names, columns and contents as seed 001 and issue 2 say."""

from datetime import date
from typing import Any

import polars as pl
from tests.casemis_frames import (
    BORN,
    CONTEXT,
    HEADERS,
    TODAY,
    decide,
    services_file,
    students_file,
    views,
)

from rollcall.core.files.tables import Table
from rollcall.core.findings import all_findings
from rollcall.core.integration import Decision, Report
from rollcall.core.plans.plan import Changes, Plan
from rollcall.integrations.casemis.explain import explain
from rollcall.integrations.casemis.integration import INTEGRATION, SERVICE, SPECIAL_EDUCATION
from rollcall.integrations.casemis.settings import CasemisSettings

NUNEZ = {
    "state_id": "1000000001",
    "special_ed_id": "55",
    "last_name": "NUNEZ",
    "first_name": "JOSE",
    "birth_date": BORN,
    "grade": "07",
}
TEXTS = {
    ("students", 2): "12/01/2016,1901,only three",
    ("services", 2): '12/01/2016,1901,55,,,"100",,,',
}


def line_text(input: str, lines: pl.Series) -> pl.DataFrame:
    texts = [TEXTS.get((input, line), "") for line in lines]
    return pl.DataFrame({"line": lines, "text": texts}, schema={"line": pl.UInt32(), "text": str})


def reported(
    students: Table, services: Table | None = None, held: list[dict[str, Any]] | None = None
) -> tuple[Plan, tuple[Report, ...]]:
    seen = views(special_education=held or [])
    decision = decide(students, services, seen)
    tables = [students, *([services] if services else [])]
    plan = Plan(
        dict(decision.rows),
        changes(decision),
        all_findings([*(table.findings for table in tables), decision.findings]),
    )
    settings = CasemisSettings(services_file="B.csv" if services else None)
    return plan, INTEGRATION.reports(plan, seen, line_text, settings, CONTEXT)


def changes(decision: Decision) -> dict[str, Changes]:
    """As if every wish were a new record."""
    return {
        wanted.record.name: Changes(
            wanted.record,
            wanted.frame.with_columns(change=pl.lit("add")),
            wanted.frame.clear(),
            unchanged=0,
            population=0,
        )
        for wanted in decision.wanted
    }


def frames(*given: Any) -> dict[str, pl.DataFrame]:
    return {report.name: report.frame for report in reported(*given)[1]}


def test_all_reports_are_there_with_their_headers_also_when_empty() -> None:
    both = frames(students_file(), services_file())
    assert {name: ",".join(frame.columns) for name, frame in both.items() if name in HEADERS} == (
        HEADERS
    )
    assert list(both) == [
        *HEADERS,
        "CASEMIS_TypeA_RejectedRecords",
        "CASEMIS_TypeB_RejectedRecords",
    ]
    assert all(frame.is_empty() for frame in both.values())
    alone = frames(students_file())
    assert not any("TypeB" in name for name in alone)


def test_imported_rows_show_the_students_own_id_and_unmatched_rows_the_files() -> None:
    found = frames(students_file(NUNEZ, {**NUNEZ, "state_id": "9999999999", "grade": None}))
    imported = found["CASEMIS_TypeA_ImportedRecords"]
    assert imported.rows() == [(1, "1000000001", "1001", "JOSE", "NUNEZ", BORN, "07")]
    unmatched = found["CASEMIS_TypeA_UnmatchedRecords"]
    assert unmatched.rows() == [(2, "9999999999", "55", "JOSE", "NUNEZ", BORN, None)]
    assert imported.write_csv().splitlines()[1] == "1,1000000001,1001,JOSE,NUNEZ,2005-03-09,07"


def test_both_duplicates_are_listed() -> None:
    found = frames(students_file(NUNEZ, NUNEZ))["CASEMIS_TypeA_Duplicates"]
    assert found["OriginalLineNumber"].to_list() == [1, 2]


def test_services_show_what_the_file_says() -> None:
    services = services_file(
        {"state_id": "1000000001", "special_ed_id": "55", "service_code": "415"},
        {"state_id": "9999999999", "service_code": "330"},
    )
    found = frames(students_file(), services)
    assert found["CASEMIS_TypeB_ImportedRecords"].rows() == [(1, "1000000001", "55", "415")]
    assert found["CASEMIS_TypeB_UnmatchedRecords"].rows() == [(2, "9999999999", None, "330")]


def held(local_id: str, **values: Any) -> dict[str, Any]:
    names = {"state_id": "1", "last_name": local_id, "first_name": "F", "birth_date": BORN}
    return {"local_id": local_id, **names, "grade": "5", "disability1": "290", **values}


def test_not_in_file_lists_the_districts_students_this_run_did_not_update() -> None:
    students = [
        held("1001"),
        held("2001"),
        held("2002", exit_date=TODAY),
        held("2003", exit_date=date(2016, 12, 6)),
        held("2004", disability1=None),
    ]
    found = frames(students_file(NUNEZ), None, students)["CASEMIS_TypeA_NotInFile"]
    assert found["LastName"].to_list() == ["2001", "2003"]
    assert found.row(0) == ("1", "F", "2001", BORN, "5")


def test_a_rejected_row_can_be_corrected_where_it_stands() -> None:
    refused = [(2, None, "row.column_count", "67 expected, 3 found")]
    twin = {**NUNEZ, "state_id": "1000000009"}
    found = frames(students_file(NUNEZ, twin, refused=refused))["CASEMIS_TypeA_RejectedRecords"]
    assert found.width == 67 + 5
    assert found.columns[:2] == ["REPT_DATE", "SELPA_CODE"]
    assert found.columns[67:] == [
        "OriginalLineNumber",
        "Outcome",
        "Error",
        "WhatToDo",
        "OriginalText",
    ]
    assert found.row(0)[:4] == ("12/01/2016", "1901", "only three", "")
    rejected, ambiguous = found.select(found.columns[67:]).rows()
    assert rejected[:2] == (2, "rejected")
    assert rejected[4] == TEXTS["students", 2]
    assert ambiguous[:3] == (
        3,
        "ambiguous",
        "Several students have this row's state id (2 students: 1005, 1006)",
    )
    assert ambiguous[3].startswith("Correct the state id")


def test_all_errors_of_a_row_stand_beside_it() -> None:
    services = services_file(refused=[(2, None, "field.required", ""), (2, None, "x", "")][:1])
    more = services.findings.with_columns(field=pl.lit("SERVICE"))
    both = pl.concat([more, more.with_columns(field=pl.lit("SSID"), detail=pl.lit("10 digits"))])
    services = Table(services.rows, services.rejected, both, services.offsets, services.form)
    (row,) = frames(students_file(), services)["CASEMIS_TypeB_RejectedRecords"].rows(named=True)
    assert row["PROVIDER"] == "100"
    first, second = row["Error"].split("; ")
    assert first.startswith("SERVICE: The field is empty")
    assert second.startswith("SSID: ")
    assert second.endswith(" (10 digits)")
    assert row["WhatToDo"].count("Fill in the field") == 1


def test_the_summary_gives_every_number_of_the_mail() -> None:
    services = services_file({"state_id": "1000000001", "service_code": "415"})
    refused = [(3, None, "field.date", "")]
    students = students_file(NUNEZ, {"state_id": "1000000009"}, refused=refused)
    plan, made = reported(students, services, [held("2001")])
    assert INTEGRATION.summary(plan, made) == [
        ("Students: read", 3),
        ("Students: matched", 1),
        ("Students: unmatched", 0),
        ("Students: duplicates", 0),
        ("Students: errors", 2),
        ("Students: not in file", 1),
        ("Students: added", 1),
        ("Students: updated", 0),
        ("Students: removed", 0),
        ("Students: unchanged", 0),
        ("Services: read", 1),
        ("Services: matched", 1),
        ("Services: unmatched", 0),
        ("Services: duplicates", 0),
        ("Services: errors", 0),
        ("Services: added", 1),
        ("Services: updated", 0),
        ("Services: removed", 0),
        ("Services: unchanged", 0),
    ]


def test_a_row_explains_itself_from_its_stored_outcome() -> None:
    services = services_file(
        {"special_ed_id": "55", "service_code": "415"},
        {"special_ed_id": "99", "service_code": "415"},
        {"state_id": "1000000001", "service_code": "415"},
    )
    seen = views()
    decision = decide(students_file(NUNEZ, refused=[(2, None, "field.date", "")]), services)
    told = [
        [rule for rule, _ in explain(input, row, seen)]
        for input in ("students", "services")
        for row in decision.rows[input].iter_rows(named=True)
    ]
    assert told == [
        ["state_id"],
        ["field.date"],
        ["students_file"],
        ["not_in_students_file"],
        ["state_id"],
    ]
    ((_, text),) = explain("services", decision.rows["services"].row(0, named=True), seen)
    assert "matched to student 1001" in text


def test_the_integration_names_the_records_its_inputs_feed() -> None:
    fed = {input.name: input.records for input in INTEGRATION.inputs}
    assert fed == {"students": (SPECIAL_EDUCATION.name,), "services": (SERVICE.name,)}
    settings = CasemisSettings(services_file="B.csv")
    assert [input.filename(settings) for input in INTEGRATION.inputs] == ["CASEMISA.csv", "B.csv"]
    assert INTEGRATION.inputs[1].filename(CasemisSettings()) is None
