"""The unmatched inbox: the open rows of each sync's last live run, with similar students."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from django.db import connection, transaction

from rollcall.core.findings import Codes, FindingCode
from rollcall.core.matching.match_decisions import IDENTITY, IGNORED, DecisionKind, standing
from rollcall.core.matching.match_reasons import REASONS
from rollcall.core.matching.open_rows import OPEN, new_since, still_open, undecided
from rollcall.core.matching.similar_students import nearest_of_each
from rollcall.core.plans.plan import OUTCOME_SCHEMA
from rollcall.core.whole_numbers import whole_numbers
from rollcall.engine import artifacts, registry
from rollcall.engine.models import Run, Sync, undone
from rollcall.engine.plans import plan_store
from rollcall.records import read
from rollcall.records.copying import Database
from rollcall.records.models import District, Student
from rollcall.records.near import near_students


@dataclass(frozen=True)
class NearStudent:
    """A student who could be the one in a row. `number`: the database's. `differs`: columns of
    IDENTITY in which the row says otherwise.
    """

    number: int
    local_id: str
    values: Mapping[str, Any]
    differs: tuple[str, ...]


@dataclass(frozen=True)
class InboxRow:
    """An open row: where it is, why it is open, what it says, and who is like it.

    `other_rows`: further open rows about the same person, answered by the same decision. `new`: the
    run before had no open row about them.
    """

    run: int
    sync: str
    input: str
    line: int
    outcome: str
    reason: FindingCode | None
    values: Mapping[str, Any]
    other_rows: int
    new: bool
    near: list[NearStudent]


@dataclass(frozen=True)
class SyncInbox:
    """How many open rows a sync has, and how many of them are new since the run before."""

    sync: str
    run: int
    open: int
    new: int


@dataclass(frozen=True)
class Inbox:
    """A page of open rows, the numbers of every sync, and the mark of the next page, if any."""

    rows: list[InboxRow]
    syncs: list[SyncInbox]
    next: str | None


@dataclass(frozen=True)
class _Open:
    """The open rows of one sync: `rows` has OPEN_SCHEMA and `new`."""

    run: Run
    rows: pl.DataFrame


def inbox(
    district: District,
    today: date,
    sync: str | None = None,
    after: str | None = None,
    limit: int = 10,
) -> Inbox:
    """The open rows of the last live run of each sync (or of one), a page at a time.

    `today`: the district's, for what is ignored. `after`: the mark of the page before, which is
    "SYNC-INPUT-LINE" in numbers: where to go on also when a later run has come in between.
    """
    with transaction.atomic():
        decisions = _decisions(district)
        open_runs = [_open(run, decisions, today) for run in last_runs(district, sync)]
    numbers = [
        SyncInbox(
            open_run.run.sync.name,
            open_run.run.pk,
            open_run.rows.height,
            int(open_run.rows["new"].sum()),
        )
        for open_run in open_runs
    ]
    page, more = _page(open_runs, after, limit)
    rows = [row for run, part in page for row in _shown(run, part, decisions)]
    mark = None
    if more:
        last_run, part = page[-1]
        mark = "-".join(map(str, (last_run.sync_id, *part.select("input", "line").row(-1))))
    return Inbox(rows, numbers, mark)


def row_at(run: Run, input: str, line: int, today: date) -> InboxRow | None:
    """The open row of a run at that line of an input; None when it is not open (any more)."""
    with transaction.atomic():
        decisions = _decisions(run.district)
        open_run = _open(run, decisions, today)
    places = [place for place, declared in _inputs(run.sync).items() if declared.name == input]
    here = pl.col("input").is_in(places) & (pl.col("line") == line)
    return next(iter(_shown(run, open_run.rows.filter(here), decisions)), None)


def last_runs(district: District, sync: str | None = None) -> list[Run]:
    """The last live run of each sync that was applied and not undone, of the syncs whose rows are
    matched to students.
    """
    syncs = Sync.objects.filter(district=district).order_by("pk")
    syncs = syncs if sync is None else syncs.filter(name=sync)
    matching = [candidate for candidate in syncs if _inputs(candidate)]
    return [run for candidate in matching for run in _applied(candidate)[:1]]


def _applied(sync: Sync) -> list[Run]:
    """The last two runs of the sync that count."""
    runs = Run.objects.filter(sync=sync, test=False, undo_of=None, applied_at__isnull=False)
    runs = runs.exclude(undone())
    return list(runs.select_related("sync", "district").order_by("-pk")[:2])


def _inputs(sync: Sync) -> dict[int, Any]:
    """The inputs of a sync whose rows people can decide about, by their place."""
    inputs = registry.integration(sync.integration).inputs
    return {place: input for place, input in enumerate(inputs) if input.person}


def _decisions(district: District) -> pl.DataFrame:
    connection.ensure_connection()
    database: Database = connection.connection
    return read.view(database, "match_decisions", district.pk, district.school_year)


def _open(run: Run, decisions: pl.DataFrame, today: date) -> _Open:
    """What is open of a run now, and what of it is new since the run before."""
    in_force = standing(decisions, run.sync.integration, today)
    links = in_force.filter(pl.col("kind") == DecisionKind.LINK)["local_id"].to_list()
    linked = Student.objects.filter(district=run.district, local_id__in=links)
    ids = list(linked.values_list("local_id", flat=True))
    linked_ids = pl.DataFrame({"local_id": ids}, schema={"local_id": pl.String()})
    rows = still_open(undecided_of(run), in_force, linked_ids)
    earlier = [applied_run for applied_run in _applied(run.sync) if applied_run.pk < run.pk][:1]
    before = undecided_of(earlier[0]) if earlier else rows.clear()
    return _Open(run, rows.with_columns(new_since(rows, before)))


def undecided_of(run: Run) -> pl.DataFrame:
    """Whom the run could not match, as it left them (OPEN_SCHEMA); none when its plan is no longer
    kept. Picked out of the run's rows once, and stored beside the plan: the rows of an applied run
    stay as they are, and a million of them would be read each time.
    """
    if artifacts.find(run, "plan", f"{_UNDECIDED}.parquet") is not None:
        return plan_store.read(run, _UNDECIDED)
    if artifacts.find(run, "plan", "plan.json") is None:
        return undecided({})
    stored = plan_store.head(run)["inputs"]
    unmatched_by_place = {
        place: plan_store.scan(run, f"{input.name}.rows")
        .filter(pl.col("outcome").is_in([str(outcome) for outcome in OPEN]))
        .select(*OUTCOME_SCHEMA, *input.person)
        .collect()
        for place, input in _inputs(run.sync).items()
        if input.name in stored
    }
    open_rows = undecided(unmatched_by_place)
    plan_store.write(run, _UNDECIDED, open_rows)
    return open_rows


_UNDECIDED = "undecided"


def _page(
    open_runs: Iterable[_Open], after: str | None, limit: int
) -> tuple[list[tuple[Run, pl.DataFrame]], bool]:
    """The rows of the page by run, and whether there are more."""
    page: list[tuple[Run, pl.DataFrame]] = []
    for open_run in open_runs:
        rows, room = _behind(open_run, after), limit - sum(part.height for _, part in page)
        if not rows.is_empty() and room:
            page.append((open_run.run, rows.head(room)))
        if rows.height > room:
            return page, True
    return page, False


def _behind(open_run: _Open, after: str | None) -> pl.DataFrame:
    """The open rows of a sync behind the mark; all of them when it is no mark."""
    mark = whole_numbers(after or "", 3)
    if mark is None:
        return open_run.rows
    sync, input, line = mark
    if open_run.run.sync_id != sync:
        return open_run.rows if open_run.run.sync_id > sync else open_run.rows.clear()
    later = (pl.col("input") == input) & (pl.col("line") > line)
    return open_run.rows.filter((pl.col("input") > input) | later)


def _shown(run: Run, rows: pl.DataFrame, decisions: pl.DataFrame) -> list[InboxRow]:
    """The rows of one run with what they say and the students like them."""
    inputs = _inputs(run.sync)
    written = _written(run, inputs, rows)
    with transaction.atomic():
        students = near_students(connection.connection, run.district_id, written)
    near = _near(rows, written, students, decisions)
    in_order = zip(rows.iter_rows(named=True), written.iter_rows(named=True), strict=True)
    return [
        InboxRow(
            run=run.pk,
            sync=run.sync.name,
            input=inputs[row["input"]].name,
            line=row["line"],
            outcome=row["outcome"],
            # None when an earlier decision about the row has been revoked or is over.
            reason=Codes.get(REASONS[rule])
            if (rule := row["rule"]) in REASONS and rule != IGNORED
            else None,
            values={name: reason[name] for name in IDENTITY},
            other_rows=row["others"],
            new=row["new"],
            near=near.get(reason["line"], []),
        )
        for row, reason in in_order
    ]


def _written(run: Run, inputs: Mapping[int, Any], rows: pl.DataFrame) -> pl.DataFrame:
    """What the rows say, as the file has it: IDENTITY and candidates, in the same order; `line` is
    the place on the page, since lines of two inputs have the same numbers.
    """
    parts = [pl.DataFrame(schema={"input": pl.Int8(), "number": pl.UInt32(), **IDENTITY})]
    for place, input in inputs.items():
        lines = rows.filter(pl.col("input") == place)["line"].to_list()
        if lines:
            stored = plan_store.scan(run, f"{input.name}.rows")
            key = [pl.lit(place, pl.Int8).alias("input"), pl.col("line").alias("number")]
            on_page = stored.filter(pl.col("line").is_in(lines))
            parts.append(on_page.select(*key, *input.person).collect())
    written = pl.concat(parts, how="diagonal")
    order = rows.select("input", pl.col("line").alias("number"), "candidates")
    joined = order.join(written, on=["input", "number"], how="left", maintain_order="left")
    return joined.with_row_index("line").select("line", *IDENTITY, "candidates")


def _near(
    rows: pl.DataFrame, written: pl.DataFrame, near: pl.DataFrame, decisions: pl.DataFrame
) -> dict[int, list[NearStudent]]:
    """By place on the page the students nearest to the row, without those whom it is not."""
    place = pl.col("line").cast(near["line"].dtype)
    who = rows.select(list(IDENTITY)).with_row_index("line").with_columns(place)
    different = decisions.filter(pl.col("kind") == DecisionKind.DIFFERENT)
    ruled_out = who.join(different, on=list(IDENTITY), nulls_equal=True)
    possible = near.join(ruled_out, on=["line", "local_id"], how="anti")
    by_line_and_id = {
        (near_row["line"], near_row["local_id"]): near_row
        for near_row in possible.iter_rows(named=True)
    }
    nearest_by_line = nearest_of_each(written.with_columns(place), possible)
    return {
        line: [
            NearStudent(
                number=student["id"],
                local_id=student["local_id"],
                values={name: student[name] for name in student if name not in ("line", "id")},
                differs=match.differs,
            )
            for match in nearest
            if (student := by_line_and_id[line, match.local_id])
        ]
        for line, nearest in nearest_by_line.items()
    }
