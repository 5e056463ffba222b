"""Explain: which rule matched a row or why none did, and what the run did to its record."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from rollcall.core.files.read import split_record
from rollcall.core.findings import Codes, Severity
from rollcall.core.matching.match_decisions import no_decisions
from rollcall.core.plans.diff import field_changes
from rollcall.core.plans.plan import ChangeKind, Changes
from rollcall.core.plans.record_types import RecordType
from rollcall.core.problems import Problem
from rollcall.engine import registry
from rollcall.engine.models import Run
from rollcall.engine.plans import excluding, plan_store
from rollcall.engine.plans.planning import snapshot_transaction, views_of
from rollcall.engine.runs.inputs.reading import line_text
from rollcall.engine.runs.inputs.uploads import INPUT_UNKNOWN
from rollcall.engine.settings.config import settings_of
from rollcall.records.near import near_students
from rollcall.records.views import view_named

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


#: The view that is read only as far as a row asks for it.
_STUDENTS = "students"


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
    """Explain record number `line` of an input (None: the first); of a run that sends, document
    number `line` of a resource.

    Problem when the run made no plan, or has no such input or line.
    """
    integration = registry.integration(run.sync.integration)
    resources = [resource.name for resource in integration.outbound.resources]
    names = [*(declared.name for declared in integration.inputs), *resources]
    if input is not None and input not in names:
        raise Problem(INPUT_UNKNOWN, f"{input}; there are {', '.join(names)}")
    if not run.plan_sha256:
        raise Problem(NO_PLAN, f"run {run.pk}")
    planned = plan_store.head(run)
    name = input or next(iter((*planned["inputs"], *planned["changes"])))
    if name in resources:
        return _document(run, name, line)
    row = _row(run, name, line) if name in planned["inputs"] else None
    if row is None:
        raise Problem(NO_SUCH_LINE, f"line {line} of {name}")
    fed = next(i.records for i in integration.inputs if i.name == name)
    changes = [
        change
        for record in integration.records
        if record.name in fed and record.name in planned["changes"]
        for change in _changes_of_line(run, record, line)
    ]
    return Explanation(
        input=name,
        line=line,
        outcome=row["outcome"],
        rule=row["rule"],
        local_id=row["local_id"],
        reasons=[*_reasons(run, name, row), *excluding.reason(run, name, line)],
        findings=_findings(run, name, line),
        changes=changes,
        fields=_fields(run, name, line),
    )


#: Why a document is sent.
_WHY = {
    ChangeKind.ADD: "The records call for this document, and the partner did not have it.",
    ChangeKind.UPDATE: "The records call for other values than the partner has in this document.",
}


def _document(run: Run, resource: str, line: int) -> Explanation:
    """A document that a run sends: what the pre-check found about it, and what changes."""
    integration = registry.integration(run.sync.integration)
    record = next(record for record in integration.records if record.name == resource)
    after = plan_store.scan(run, f"{resource}.after").filter(pl.col("line") == line).collect()
    if after.is_empty():
        raise Problem(NO_SUCH_LINE, f"document {line} of {resource}")
    row = after.row(0, named=True)
    about = (pl.col("resource") == resource) & (pl.col("local_id") == row["local_id"])
    checks = plan_store.scan(run, "checks").filter(about).collect()
    return Explanation(
        input=resource,
        line=line,
        outcome=row["change"],
        rule="records",
        local_id=row["local_id"],
        reasons=[_WHY[ChangeKind(row["change"])]],
        findings=_worded(checks),
        changes=_changes_of_line(run, record, line),
        fields={name: str(row[name]) for name in record.key},
    )


def _row(run: Run, input: str, line: int) -> dict[str, Any] | None:
    """The row of a line, read alone: every record read has its row, line 1 the first."""
    matching = plan_store.scan(run, f"{input}.rows").slice(max(line - 1, 0), 1).collect()
    return next((row for row in matching.rows(named=True) if row["line"] == line), None)


def _changes_of_line(run: Run, record: RecordType, line: int) -> list[dict[str, Any]]:
    """What the line changes, field by field; of the changes only its own are read."""
    index = plan_store.scan(run, f"{record.name}.index").select("line", "before")
    matching = index.with_row_index("place").filter(pl.col("line") == line).collect()
    if matching.is_empty():
        return []
    after = _at(run, f"{record.name}.after", matching["place"])
    before = _at(run, f"{record.name}.before", matching["before"].drop_nulls())
    return field_changes(Changes(record, after, before, 0, 0)).rows(named=True)


def _at(run: Run, name: str, places: pl.Series) -> pl.DataFrame:
    """The rows of a stored frame at these places."""
    stored = plan_store.scan(run, name)
    return pl.concat(
        [stored.head(0).collect(), *(stored.slice(place, 1).collect() for place in places)]
    )


def _reasons(run: Run, input: str, row: dict[str, Any]) -> list[str]:
    integration = registry.integration(run.sync.integration)
    with snapshot_transaction() as (database, _):
        full_views = [name for name in integration.views if name != _STUDENTS]
        views = views_of(run, full_views, database)
        if _STUDENTS in integration.views:
            # Of the view "students" those whom the row could be about: who is like it by id, names
            # or birth date, whom the run could not choose from, and whom people named.
            decisions = views.get("match_decisions")

            # They load numpy and rapidfuzz, a fifth of a second that only this command should pay.
            from rollcall.core.matching.explain_match import decisions_about
            from rollcall.core.matching.similar_students import row_frame

            about = no_decisions() if decisions is None else decisions_about(row, decisions)
            local_ids = [*(row.get("candidates") or []), *about["local_id"].drop_nulls()]
            row_with_candidates = row_frame(row).with_columns(
                pl.Series("candidates", [local_ids], pl.List(pl.String))
            )
            near = near_students(database, run.district_id, row_with_candidates, most=None)
            views[_STUDENTS] = near.select(list(view_named(_STUDENTS).schema))
    return [text for _, text in integration.explain(input, row, views)]


def _findings(run: Run, input: str, line: int) -> list[dict[str, Any]]:
    here = (pl.col("input") == input) & (pl.col("line") == line)
    return _worded(plan_store.scan(run, "findings").filter(here).collect())


def _worded(findings: pl.DataFrame) -> list[dict[str, Any]]:
    """Findings (field, code, detail) with the words of their codes."""
    return [
        {
            "code": code,
            "field": field,
            "text": Codes.get(code).text,
            "detail": detail,
            "what_to_do": Codes.get(code).what_to_do,
            "who": Codes.get(code).who,
        }
        for field, code, detail in findings.select("field", "code", "detail").rows()
    ]


def _fields(run: Run, input: str, line: int) -> dict[str, str]:
    """The row's cells under their field names, as written."""
    integration = registry.integration(run.sync.integration)
    settings = settings_of(
        run.sync.name,
        integration.name,
        run.version.config.get("settings", {}),
        run.sync.district.state,
    )
    declared = next(
        declared_input for declared_input in integration.inputs if declared_input.name == input
    )
    names = plan_store.form_of(run, input).header or declared.layout(settings).names
    text = line_text(run)(input, pl.Series("line", [line], dtype=pl.UInt32))["text"][0]
    cells = split_record(text)
    extra = [f"column {n}" for n in range(len(names) + 1, len(cells) + 1)]
    return dict(zip([*names, *extra], cells, strict=False))
