"""Tables and views for the CASEMIS tests, built from the few values a test cares about."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from rollcall.core.files.layouts import Layout
from rollcall.core.files.tables import REJECTED_SCHEMA, Form, Table
from rollcall.core.files.validate import column_type
from rollcall.core.findings import FINDINGS_SCHEMA
from rollcall.core.integration import Decision
from rollcall.core.matching.match_decisions import MATCH_DECISIONS_SCHEMA
from rollcall.core.plans.context import Context
from rollcall.integrations.casemis.integration import INTEGRATION
from rollcall.integrations.casemis.layout import TABLE_A, table_b
from rollcall.integrations.casemis.settings import CasemisSettings

BORN = date(2005, 3, 9)
TODAY = date(2016, 12, 5)
CONTEXT = Context(school_year="2016-2017", today=TODAY)

#: Name and header of every report, copied from seed 001 (and issue 2 for the rejected rows).
HEADERS = {
    "CASEMIS_TypeA_ImportedRecords": (
        "OriginalLineNumber,SSID,StudentID,FirstName,LastName,Birthdate,Grade"
    ),
    "CASEMIS_TypeA_UnmatchedRecords": (
        "OriginalLineNumber,SSID,StudentID,FirstName,LastName,Birthdate,Grade"
    ),
    "CASEMIS_TypeA_Duplicates": "OriginalLineNumber,SSID,FirstName,LastName,Birthdate,Grade",
    "CASEMIS_TypeA_NotInFile": "SSID,FirstName,LastName,Birthdate,Grade",
    "CASEMIS_TypeB_ImportedRecords": "OriginalLineNumber,SSID,StudentID,Service",
    "CASEMIS_TypeB_UnmatchedRecords": "OriginalLineNumber,SSID,StudentID,Service",
}
#: (local_id, state_id, last_name, first_name): all born on the same day.
STUDENTS = [
    ("1001", "1000000001", "Nuñez", "José"),
    ("1002", "1000000002", "Lee", "Ann"),
    ("1003", None, "Lee", "Ann"),
    ("1004", "1000000004", "Okafor", "Bo"),
    ("1005", "1000000009", "Twin", "One"),
    ("1006", "1000000009", "Twin", "Two"),
]

#: A refused line: (line, id, finding code, detail).
Refused = tuple[int, str | None, str, str]


def table(
    layout: Layout,
    input: str,
    rows: Sequence[Mapping[str, Any]],
    refused: Sequence[Refused] = (),
    *,
    kept: bool = False,
) -> Table:
    """A table of `rows` (our columns; what is not given is empty), lines counted from 1."""
    schema = {"line": pl.UInt32(), **{f.column or "": column_type(f) for f in layout.stored}}
    if kept:
        schema["kept"] = pl.List(pl.String())
    lines = [line for line in range(1, 99) if line not in {line for line, *_ in refused}]
    lined = [{"line": line, **row} for line, row in zip(lines, rows, strict=False)]
    told = [(input, line, None, code, detail) for line, _, code, detail in refused]
    return Table(
        rows=pl.DataFrame(lined, schema=schema),
        rejected=pl.DataFrame([r[:2] for r in refused], schema=REJECTED_SCHEMA, orient="row"),
        findings=pl.DataFrame(told, schema=dict(FINDINGS_SCHEMA), orient="row"),
        offsets=pl.Series([], dtype=pl.UInt64),
        form=Form("utf-8", None, 0),
    )


def students_file(*rows: Mapping[str, Any], refused: Sequence[Refused] = ()) -> Table:
    """Table A."""
    return table(TABLE_A, "students", rows, refused)


def services_file(*rows: Mapping[str, Any], refused: Sequence[Refused] = ()) -> Table:
    """Table B with the default columns."""
    return table(table_b(), "services", rows, refused)


def views(
    calendar: Sequence[tuple[str | None, str, date | None]] = (),
    special_education: Sequence[Mapping[str, Any]] = (),
    match_decisions: Sequence[Mapping[str, Any]] = (),
) -> dict[str, pl.DataFrame]:
    """The views `decide` and `reports` read."""
    person = dict.fromkeys(["local_id", "state_id", "last_name", "first_name"], pl.String())
    students = pl.DataFrame(
        [(*student, BORN) for student in STUDENTS],
        schema={**person, "birth_date": pl.Date()},
        orient="row",
    )
    days = {"school_code": pl.String(), "school_year": pl.String(), "first_day": pl.Date()}
    held = {
        **person,
        "birth_date": pl.Date(),
        "grade": pl.String(),
        "disability1": pl.String(),
        "exit_date": pl.Date(),
    }
    return {
        "students": students,
        "calendar": pl.DataFrame(list(calendar), schema=days, orient="row"),
        "special_education": pl.DataFrame(list(special_education), schema=held),
        "match_decisions": pl.DataFrame(
            [{"integration": "casemis", **one} for one in match_decisions],
            schema=MATCH_DECISIONS_SCHEMA,
        ),
    }


def decide(
    students: Table,
    services: Table | None = None,
    given: Mapping[str, pl.DataFrame] | None = None,
    **settings: Any,
) -> Decision:
    """What the integration decides."""
    tables = {"students": students} | ({"services": services} if services else {})
    return INTEGRATION.decide(tables, given or views(), CasemisSettings(**settings), CONTEXT)
