"""From bytes to a plan: the sandbox's files, whose truth is known row by row."""

import io
from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from rollcall.core.files.quoting import split_record
from rollcall.core.files.read import read_table
from rollcall.core.files.safe_cells import safe_cells
from rollcall.core.files.tables import Table
from rollcall.core.findings import all_findings
from rollcall.core.integration import Decision, Input
from rollcall.core.matching.match_decisions import no_decisions
from rollcall.core.plans.context import Context
from rollcall.core.plans.diff import diff, to_read
from rollcall.core.plans.digest import digest
from rollcall.core.plans.plan import Plan
from rollcall.integrations.casemis.integration import INTEGRATION
from rollcall.integrations.casemis.settings import CasemisSettings
from rollcall.sandbox.casemis.files import (
    Faults,
    MadeFile,
    ServiceFaults,
    Style,
    make_table_a,
    make_table_b,
)
from rollcall.sandbox.districts.california import make_district

CONTEXT = Context("2016-2017", date(2016, 12, 5))
SETTINGS = CasemisSettings(services_file="B.csv")
STUDENTS, SERVICES = INTEGRATION.inputs
DISTRICT = make_district(2000, seed=3)
FAULTS = Faults(
    column_count=3,
    unclosed_quote=3,
    stray_quote=3,
    undecodable_byte=3,
    bad_date=3,
    bad_code=3,
    unknown_ssid=4,
    name_match=5,
    ambiguous=2,
    no_match=4,
    duplicate=6,
)
SERVICE_FAULTS = ServiceFaults(via_table_a=5, unknown_ssid=3, unknown_student=2)
STYLES = [
    Style(),
    Style(header=True, quoted=True, newline="\n", encoding="utf-8-sig", dates="%Y%m%d"),
    Style(encoding="cp1252", dates="%Y-%m-%d"),
]


def views() -> dict[str, pl.DataFrame]:
    return {
        "students": DISTRICT["students"],
        "calendar": DISTRICT["calendars"],
        "match_decisions": no_decisions(),
        "special_education": DISTRICT["students"]
        .head(0)
        .with_columns(disability1=pl.lit(None, pl.String), exit_date=pl.lit(None, pl.Date)),
    }


def read(content: bytes, input: Input) -> Table:
    return read_table(
        [content],
        input.layout(SETTINGS),
        input.options(SETTINGS),
        input=input.name,
        id_field=input.id_field,
    )


def decide(tables: dict[str, Table]) -> Decision:
    return INTEGRATION.decide(tables, views(), SETTINGS, CONTEXT)


def truth(made: MadeFile) -> list[tuple[int, str, str | None]]:
    kept = pl.when(pl.col("outcome") == "matched").then("local_id").alias("local_id")
    return made.expected.select("line", "outcome", kept).sort("line").rows()


@pytest.mark.parametrize("style", STYLES, ids=["bare", "quoted", "cp1252"])
def test_every_row_ends_as_the_sandbox_knows_it_must(style: Style) -> None:
    students = make_table_a(DISTRICT["students"], faults=FAULTS, style=style)
    services = make_table_b(students, DISTRICT["students"], faults=SERVICE_FAULTS, style=style)
    decision = decide(
        {"students": read(students.content, STUDENTS), "services": read(services.content, SERVICES)}
    )
    for input, made in (("students", students), ("services", services)):
        found = decision.rows[input].select("line", "outcome", "local_id").sort("line").rows()
        assert found == truth(made)


def test_the_same_files_again_change_nothing() -> None:
    made = make_table_a(DISTRICT["students"])
    services = make_table_b(made, DISTRICT["students"])
    tables = {
        "students": read(made.content, STUDENTS),
        "services": read(services.content, SERVICES),
    }
    for wanted in decide(tables).wanted:
        none = wanted.frame.clear().select(list(wanted.record.schema))
        first = diff(wanted, none.with_columns(digest=pl.lit("")), none)
        held = first.after.select(list(wanted.record.schema))
        keys = held.with_columns(digest(held, wanted.record).alias("digest"))
        assert first.after.height == wanted.frame.height > 0
        assert to_read(wanted, keys).is_empty()
        again = diff(wanted, keys, held.clear())
        assert (again.after.height, again.unchanged) == (0, wanted.frame.height)


def test_the_report_of_rejected_rows_is_read_again_once_it_is_corrected() -> None:
    made = make_table_a(DISTRICT["students"], faults=replace(Faults(), bad_date=4, column_count=2))
    table = read(made.content, STUDENTS)
    decision = decide({"students": table})
    plan = Plan(dict(decision.rows), {}, all_findings([table.findings, decision.findings]))
    lines = made.content.decode().split("\r\n")

    def line_text(input: str, wanted: pl.Series) -> pl.DataFrame:
        return pl.DataFrame({"line": wanted, "text": [lines[line - 1] for line in wanted]})

    reports = INTEGRATION.reports(plan, views(), line_text, SETTINGS, CONTEXT)
    report = next(one.frame for one in reports if one.name == "CASEMIS_TypeA_RejectedRecords")
    refused = made.expected.filter(pl.col("outcome") == "rejected").sort("line")
    assert report["OriginalLineNumber"].to_list() == refused["line"].to_list()
    assert report["Error"].null_count() == 0
    assert split_record(report["OriginalText"][0]) == split_record(lines[refused["line"][0] - 1])

    dated = refused["fault"] == "bad_date"
    corrected = report.filter(dated).with_columns(
        pl.lit("01/02/2016").alias(name) for name in _dates(report) if name != "BIRTHDATE"
    )
    buffer = io.BytesIO()
    safe_cells(corrected).write_csv(buffer)
    again = read(buffer.getvalue(), STUDENTS)
    assert (again.read, again.rejected.height) == (4, 0)
    matched = decide({"students": again}).rows["students"]
    assert matched["local_id"].to_list() == refused.filter(dated)["local_id"].to_list()


def _dates(report: pl.DataFrame) -> list[str]:
    layout = STUDENTS.layout(SETTINGS)
    return [field.name for field in layout.fields if field.kind == "date"]
