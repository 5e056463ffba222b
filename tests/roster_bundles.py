"""Bundles of record files, read and decided as a run does it, without engine and database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from rollcall.core.files.read import read_table
from rollcall.core.files.record_files import record_file
from rollcall.core.files.tables import Table
from rollcall.core.findings import all_findings
from rollcall.core.integration import Decision
from rollcall.core.plans.context import Context
from rollcall.core.plans.plan import Wanted
from rollcall.integrations.roster.integration import INTEGRATION
from rollcall.integrations.roster.layout import OWN_COLUMNS
from rollcall.integrations.roster.settings import RosterSettings, in_state

CONTEXT = Context(school_year="2016-2017", today=date(2016, 10, 3))
HELD_STUDENTS = ("local_id", "state_id", "last_name", "first_name", "grade", "school_code")


def exported(frames: Mapping[str, pl.DataFrame]) -> dict[str, bytes]:
    """Each frame as `records export` writes it: file name -> bytes."""
    return {f"{name}.csv": record_file(frame, OWN_COLUMNS[name]) for name, frame in frames.items()}


@dataclass(frozen=True)
class Decided:
    """A decision with the findings of reading before it, as a plan has them."""

    decision: Decision
    findings: pl.DataFrame

    def wanted(self, record: str) -> Wanted:
        return next(w for w in self.decision.wanted if w.record.name == record)

    def keys(self, record: str) -> list[str]:
        frame = self.wanted(record).frame
        return frame[next(iter(self.wanted(record).record.key))].to_list()

    def outcomes(self, input: str) -> list[str]:
        return self.decision.rows[input].sort("line")["outcome"].to_list()

    def rules(self, input: str) -> list[str]:
        return self.decision.rows[input].sort("line")["rule"].to_list()

    def codes(self, input: str) -> list[tuple[int | None, str]]:
        return self.findings.filter(pl.col("input") == input).select("line", "code").rows()


def read(files: Mapping[str, bytes], settings: RosterSettings) -> dict[str, Table]:
    """The files (by file name) as tables by input name."""
    return {
        input.name: read_table(
            [files[name]],
            input.layout(settings),
            input.options(settings),
            input=input.name,
            id_field=input.id_field,
        )
        for input in INTEGRATION.inputs
        if (name := input.filename(settings)) in files and name is not None
    }


def held(schools: tuple[str, ...] = (), students: tuple[str, ...] = ()) -> dict[str, pl.DataFrame]:
    """The views of a district that holds these schools and students (by key)."""
    names = ("code", "name", "type")
    columns = {name: pl.String() for name in HELD_STUDENTS} | {"birth_date": pl.Date()}
    return {
        "schools": pl.DataFrame(
            {"code": schools}, schema={n: pl.String() for n in names[:1]}
        ).with_columns(pl.lit(None, pl.String).alias(n) for n in names[1:]),
        "students": pl.DataFrame(
            {"local_id": students}, schema={"local_id": pl.String()}
        ).with_columns(pl.lit(None, t).alias(n) for n, t in columns.items() if n != "local_id"),
    }


def decide(
    files: Mapping[str, str | bytes],
    views: Mapping[str, pl.DataFrame] | None = None,
    settings: RosterSettings | None = None,
) -> Decided:
    """Read files (name -> content) and decide them against what is held."""
    settings = settings or RosterSettings(**in_state("CA"))
    raw = {n: t if isinstance(t, bytes) else t.encode() for n, t in files.items()}
    tables = read(raw, settings)
    decision = INTEGRATION.decide(tables, views or held(), settings, CONTEXT)
    found = [*(table.findings for table in tables.values()), decision.findings]
    for name, table in tables.items():
        lines = decision.rows[name]["line"].sort().to_list()
        assert lines == list(range(1, table.read + 1)), "every row has exactly one outcome"
    return Decided(decision, all_findings(found))


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
