"""Explain: which rule matched a row or why none did, and what the run did to its record."""

from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from rollcall.core.diff import field_changes
from rollcall.core.findings import Codes, Severity
from rollcall.core.plan import Changes
from rollcall.core.problems import Problem
from rollcall.core.read import split_record
from rollcall.engine import excluding, plan_store, registry
from rollcall.engine.config import settings_of
from rollcall.engine.fetching import INPUT_UNKNOWN
from rollcall.engine.forms import form_of
from rollcall.engine.models import Run
from rollcall.engine.planning import moment, views_of
from rollcall.engine.reading import line_text

NO_SUCH_LINE = Codes.add(
    "explain.no_such_line",
    Severity.ERROR,
    "The run read no record of that number",
    "Give the number from the OriginalLineNumber column of a report (the header is not counted).",
    "the person who asks",
)
NO_PLAN = Codes.add(
    "explain.no_plan",
    Severity.ERROR,
    "The run decided about no row: it ended before that, or it undid another run",
    "See with `rollcall show RUN` how it ended, and ask about a run that read its files.",
    "the person who asks",
)


@dataclass(frozen=True)
class Explanation:
    """Everything known of one row: its fields as written, its outcome and why, its changes."""

    input: str
    line: int
    outcome: str
    rule: str
    local_id: str | None
    reasons: list[str]
    findings: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    fields: dict[str, str]


def explain(run: Run, line: int, input: str | None = None) -> Explanation:
    """Explain record number `line` of an input (None: the first).

    Problem when the run made no plan, or has no such input or line.
    """
    integration = registry.integration(run.sync.integration)
    names = [one.name for one in integration.inputs]
    if input is not None and input not in names:
        raise Problem(INPUT_UNKNOWN, f"{input}; there are {', '.join(names)}")
    if not run.plan_sha256:
        raise Problem(NO_PLAN, f"run {run.pk}")
    plan = plan_store.load(run, integration.records)
    name = input or next(iter(plan.rows))
    found = plan.rows.get(name, pl.DataFrame({"line": []})).filter(pl.col("line") == line)
    if found.is_empty():
        raise Problem(NO_SUCH_LINE, f"line {line} of {name}")
    row = found.row(0, named=True)
    fed = next(i.records for i in integration.inputs if i.name == name)
    changes = [
        change
        for record in fed
        if record in plan.changes
        for change in _changes_of_line(plan.changes[record], line)
    ]
    return Explanation(
        input=name,
        line=line,
        outcome=row["outcome"],
        rule=row["rule"],
        local_id=row["local_id"],
        reasons=[*_reasons(run, name, row), *excluding.reason(run, name, line)],
        findings=_findings(plan.findings, name, line),
        changes=changes,
        fields=_fields(run, name, line),
    )


def _changes_of_line(changes: Changes, line: int) -> list[dict[str, Any]]:
    of_line = replace(changes, after=changes.after.filter(pl.col("line") == line))
    return field_changes(of_line).rows(named=True)


def _reasons(run: Run, input: str, row: dict[str, Any]) -> list[str]:
    integration = registry.integration(run.sync.integration)
    with moment() as (database, _):
        views = views_of(run, integration.views, database)
    return [text for _, text in integration.explain(input, row, views)]


def _findings(findings: pl.DataFrame, input: str, line: int) -> list[dict[str, Any]]:
    here = findings.filter((pl.col("input") == input) & (pl.col("line") == line))
    return [
        {
            "code": code,
            "field": field,
            "text": Codes.get(code).text,
            "detail": detail,
            "what_to_do": Codes.get(code).what_to_do,
            "who": Codes.get(code).who,
        }
        for field, code, detail in here.select("field", "code", "detail").rows()
    ]


def _fields(run: Run, input: str, line: int) -> dict[str, str]:
    """The row's cells under their field names, as written."""
    integration = registry.integration(run.sync.integration)
    settings = settings_of(run.sync.name, integration.name, run.version.config.get("settings", {}))
    declared = next(one for one in integration.inputs if one.name == input)
    names = form_of(run, input).header or declared.layout(settings).names
    text = line_text(run)(input, pl.Series("line", [line], dtype=pl.UInt32))["text"][0]
    cells = split_record(text)
    extra = [f"column {n}" for n in range(len(names) + 1, len(cells) + 1)]
    return dict(zip([*names, *extra], cells, strict=False))
