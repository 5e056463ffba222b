"""What people get after loading: reports, summary, explanations."""

from collections.abc import Mapping

import polars as pl
import pytest
from tests.roster_bundles import CONTEXT, decide, held

from rollcall.core.files.safe_cells import REPORT_COLUMNS
from rollcall.core.integration import LineText, Report
from rollcall.core.plans.diff import diff
from rollcall.core.plans.plan import Plan
from rollcall.integrations.roster.integration import INTEGRATION
from rollcall.integrations.roster.settings import RosterSettings

FILES = {
    "schools.csv": "code,name\n0100,Alder\n",
    "students.csv": "local_id,last_name,first_name,birth_date,note\n"
    "001,García,Ana,2005-03-01,\n"
    "002,Lee,Mai,2005-02-30,a\n"
    "001,Garcia,Ana,2005-03-01,b\n"
    "004,Vang\n",
    "enrollments.csv": "local_id,school_code,school_year,entry_date\n"
    "009,0100,2016-2017,2016-08-15\n",
}
VIEWS = held(("0100", "0200"), ("001", "008"))


def line_text(files: Mapping[str, str]) -> LineText:
    def text(input: str, lines: pl.Series) -> pl.DataFrame:
        records = files[f"{input}.csv"].splitlines()[1:]
        texts = [records[line - 1] for line in lines]
        return pl.DataFrame({"line": lines, "text": texts}, schema_overrides={"text": pl.String})

    return text


def plan_of(files: Mapping[str, str]) -> Plan:
    decided = decide(files, VIEWS)
    changes = {}
    for wanted in decided.decision.wanted:
        stored = pl.DataFrame(schema={**wanted.record.schema, "digest": pl.Binary()})
        changes[wanted.record.name] = diff(wanted, stored, stored)
    return Plan(dict(decided.decision.rows), changes, decided.findings)


def reports_of(files: Mapping[str, str]) -> dict[str, Report]:
    made = INTEGRATION.reports(plan_of(files), VIEWS, line_text(files), RosterSettings(), CONTEXT)
    return {report.name: report for report in made}


def test_the_reports() -> None:
    assert list(reports_of(FILES)) == [
        "Records_NotInFile",
        "Records_Duplicates",
        "Records_RejectedRecords_students",
        "Records_RejectedRecords_enrollments",
    ]


def test_records_not_in_the_file_are_listed() -> None:
    frame = reports_of(FILES)["Records_NotInFile"].frame
    assert frame.select("Record", "code", "local_id").rows() == [
        ("school", "0200", None),
        ("student", None, "008"),
    ]
    assert reports_of({"schools.csv": FILES["schools.csv"]})["Records_NotInFile"].frame.height == 1


def test_duplicates_stand_together_as_they_were_written() -> None:
    assert reports_of(FILES)["Records_Duplicates"].frame.rows() == [
        ("students", "001", 1, "001,García,Ana,2005-03-01,"),
        ("students", "001", 3, "001,Garcia,Ana,2005-03-01,b"),
    ]


def test_refused_rows_come_in_their_own_columns_with_what_is_wrong() -> None:
    frame = reports_of(FILES)["Records_RejectedRecords_students"].frame
    names = FILES["students.csv"].splitlines()[0].split(",")
    assert frame.columns == [*names, *REPORT_COLUMNS]
    assert frame.select(names).rows() == [
        ("002", "Lee", "Mai", "2005-02-30", "a"),
        ("004", "Vang", "", "", ""),
    ]
    assert frame["OriginalLineNumber"].to_list() == [2, 4]
    assert frame["Error"][0].startswith("birth_date: ")
    assert frame["OriginalText"][1] == "004,Vang"


def test_a_refused_row_says_what_to_do() -> None:
    frame = reports_of(FILES)["Records_RejectedRecords_enrollments"].frame
    assert frame["Outcome"].to_list() == ["unmatched"]
    assert frame["WhatToDo"][0].startswith("Load the student too")


def test_a_sound_file_leaves_nothing_to_correct() -> None:
    made = reports_of({"schools.csv": FILES["schools.csv"]})
    assert list(made) == ["Records_NotInFile", "Records_Duplicates"]
    assert made["Records_Duplicates"].frame.is_empty()


def test_the_summary_counts_changes_and_what_was_left_out() -> None:
    made = tuple(reports_of(FILES).values())
    lines = dict(INTEGRATION.summary(plan_of(FILES), made))
    assert lines["Schools added"] == 1
    assert (lines["Rows rejected"], lines["Rows duplicate"], lines["Rows unmatched"]) == (2, 2, 1)
    assert lines["Records not in file"] == 2


@pytest.mark.parametrize(("input", "line"), [("students", 1), ("students", 2), ("enrollments", 1)])
def test_every_row_is_explained(input: str, line: int) -> None:
    row = plan_of(FILES).rows[input].filter(pl.col("line") == line).row(0, named=True)
    ((rule, sentence),) = INTEGRATION.explain(input, row, VIEWS)
    assert rule == row["rule"]
    assert sentence.endswith(".")
