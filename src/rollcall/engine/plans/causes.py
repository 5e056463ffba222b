"""A run's findings grouped by cause, beside those of the run before it, and the rows of a group."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import polars as pl

from rollcall.core.findings import Severity
from rollcall.engine import artifacts
from rollcall.engine.models import Run, RunState
from rollcall.engine.plans import browsing, plan_store
from rollcall.engine.plans.browsing import PAGE, Page

#: How many lines a group names.
_SAMPLES = 5
#: Runs that say nothing about their rows, or not yet.
_SILENT = (RunState.QUEUED, RunState.RUNNING, RunState.UNCHANGED, RunState.STOPPED)


class Trend(StrEnum):
    """How a cause stands against the run before."""

    NEW = "new"
    CONTINUING = "continuing"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Cause:
    """All findings of one code about one input. `count`: now; `before`: in the run before (None:
    there is none to compare with, and no trend). `lines`: the first few, when rows are concerned.
    """

    code: str
    input: str
    severity: str
    text: str
    what_to_do: str
    who: str
    count: int
    before: int | None
    trend: Trend | None
    lines: list[int]


@dataclass(frozen=True)
class Causes:
    """What a run found and what it no longer finds, worst first, against run `compared_with`."""

    now: list[Cause]
    resolved: list[Cause]
    compared_with: int | None


def causes(run: Run) -> Causes:
    """The run's findings by cause, new and continuing, and the resolved ones, against the sync's
    previous live run that came as far. A part of a file is compared with nothing.
    """
    earlier = previous(run)
    was = _by_cause(earlier.findings) if earlier else {}
    current = _by_cause(run.findings)
    samples = _samples(run)
    listed = []
    for place, cause in current.items():
        before = int(was[place]["count"]) if place in was else 0
        known_before = before if earlier else None
        listed.append(_cause(cause, known_before, samples.get(place, [])))
    gone = [
        _cause({**cause, "count": 0}, cause["count"], []) for place, cause in was.items()
        if place not in current
    ]  # fmt: skip
    return Causes(_worst_first(listed), _worst_first(gone), earlier.pk if earlier else None)


def previous(run: Run) -> Run | None:
    """The sync's live run before this one that decided, or ended, as this one has."""
    if run.partial or run.undo_of_id is not None:
        return None
    earlier = Run.objects.filter(sync=run.sync_id, job=run.job, test=False, partial=False)
    earlier = earlier.filter(pk__lt=run.pk, undo_of=None).exclude(state__in=_SILENT)
    if run.plan_sha256:
        earlier = earlier.exclude(plan_sha256="")
    return earlier.order_by("-pk").first()


def findings(run: Run, code: str, input: str, after: int = -1, size: int = PAGE) -> Page:
    """The findings of one cause by line, behind place `after`: place, line, field, detail and
    `row` (as `browsing.rows` gives it; None for a finding about no row).
    """
    if artifacts.find(run, "plan", "findings.parquet") is None:
        return Page([], None)
    stored = plan_store.scan(run, "findings").with_row_index("place")
    of_cause = stored.filter((pl.col("code") == code) & (pl.col("input") == input))
    places = of_cause.filter(pl.col("place") > after).head(size + 1).collect()
    shown = places.head(size).select("place", "line", "field", "detail")
    has_rows = input in browsing.inputs(run) if input else False
    rows = browsing.rows_at(run, input, shown["line"].drop_nulls()) if has_rows else {}
    listed = [{**finding, "row": rows.get(finding["line"])} for finding in shown.rows(named=True)]
    return Page(listed, int(shown["place"][-1]) if places.height > size else None)


def _by_cause(findings: Iterable[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """By code and input; several about the whole run, such as guards, are one cause."""
    grouped: dict[tuple[str, str], dict[str, Any]] = {}
    for finding in findings:
        place = (finding["code"], finding["input"])
        if same := grouped.get(place):
            together = {
                "count": same["count"] + finding["count"],
                "text": f"{same['text']}; {finding['text']}",
            }
            grouped[place] = {**same, **together}
        else:
            grouped[place] = finding
    return grouped


def _cause(group: dict[str, Any], before: int | None, lines: list[int]) -> Cause:
    words = {name: group[name] for name in ("code", "input", "severity", "text", "who")}
    return Cause(
        **words,
        what_to_do=group["what_to_do"],
        count=group["count"],
        before=before,
        trend=_trend(group["count"], before),
        lines=lines,
    )


def _trend(count: int, before: int | None) -> Trend | None:
    if before is None:
        return None
    if not count:
        return Trend.RESOLVED
    return Trend.CONTINUING if before else Trend.NEW


def _worst_first(listed: list[Cause]) -> list[Cause]:
    order = list(Severity)
    return sorted(listed, key=lambda one: (order.index(Severity(one.severity)), -one.count))


def _samples(run: Run) -> dict[tuple[str, str], list[int]]:
    """The first lines of each code and input."""
    if artifacts.find(run, "plan", "findings.parquet") is None:
        return {}
    stored = plan_store.scan(run, "findings").filter(pl.col("line").is_not_null())
    first = pl.col("line").unique(maintain_order=True).head(_SAMPLES)
    grouped = stored.group_by("code", "input").agg(first).collect()
    return {(code, input): lines for code, input, lines in grouped.iter_rows()}
