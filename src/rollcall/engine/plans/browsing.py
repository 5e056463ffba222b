"""Pages of what a run decided: its rows and its changes, from the stored plan.

A page is found in the few columns it is filtered by and then read alone, so that a run of a million
rows shows its fiftieth page as fast as its first. Rows and records hold student data: whoever calls
this has checked that the person may see them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from rollcall.core.plans.change_index import changes_field
from rollcall.core.plans.exclusion import (
    Exclusion,
    is_out,
    key_texts,
    source_inputs,
)
from rollcall.core.plans.plan import ChangeKind
from rollcall.core.plans.record_types import RecordType
from rollcall.core.problems import Problem
from rollcall.engine import artifacts, registry
from rollcall.engine.models import Run
from rollcall.engine.plans import plan_store
from rollcall.engine.plans.excluding import approval_of, exclusion_of
from rollcall.engine.plans.explaining import NO_PLAN
from rollcall.engine.runs.inputs.uploads import INPUT_UNKNOWN
from rollcall.records.models import Student

#: How many rows a page has unless told.
PAGE = 50
#: Columns of rows that only the making of reports needs.
_HIDDEN = ("header",)


@dataclass(frozen=True)
class Page:
    """Some rows, and where the next page starts: its `after`; None when there is no more."""

    rows: list[dict[str, Any]]
    next: int | None


@dataclass(frozen=True)
class RowFilter:
    """Which rows: by outcome, rule, line, or an id that stands in any of a row's id columns."""

    outcome: str = ""
    rule: str = ""
    line: int | None = None
    id: str = ""


@dataclass(frozen=True)
class ChangeFilter:
    """Which changes: by kind, by a field they change, by school, by line, by student, or by
    whether they are left out.

    The school is the one the record names, else the one the student is at now.
    """

    kind: str = ""
    field: str = ""
    school: str = ""
    line: int | None = None
    local_id: str = ""
    excluded: bool | None = None


def inputs(run: Run) -> list[str]:
    """The inputs whose rows the run decided about; Problem when it decided about none."""
    return [str(name) for name in _head(run)["inputs"]]


def rows(
    run: Run, input: str, only: RowFilter | None = None, after: int = 0, size: int = PAGE
) -> Page:
    """Rows of an input by line, from behind line `after` on: line, outcome, rule, local_id,
    candidates, and the columns the integration shows. Problem when there is no such input.
    """
    stored = _rows(run, input)
    behind = stored.filter(pl.col("line") > after) if after else stored
    matching = _places(behind, only or RowFilter())
    lines = matching.select("line").head(size + 1).collect()["line"]
    page = rows_at(run, input, lines.head(size))
    return Page(list(page.values()), _next(lines, size))


def rows_at(run: Run, input: str, lines: pl.Series) -> dict[int, dict[str, Any]]:
    """The rows of these lines of an input, by line."""
    # Every record read has its row: line 1 is the first.
    places = lines.unique().sort().cast(pl.Int64) - 1
    page = _read(_rows(run, input), places)
    shown = page.drop(name for name in _HIDDEN if name in page.columns)
    return {row["line"]: row for row in shown.rows(named=True)}


def row_counts(run: Run, input: str) -> list[dict[str, Any]]:
    """How many rows there are, by outcome and rule: outcome, rule, count; most first."""
    stored = plan_store.path(run, f"{_rows_of(run, input)}.parquet")
    return _counted(stored, run.plan_sha256).rows(named=True)


@lru_cache(maxsize=100)
def _counted(path: Path, plan_sha256: str) -> pl.DataFrame:
    """A plan's rows do not change as long as its SHA-256 does not: they are counted once."""
    counted = pl.scan_parquet(path).group_by("outcome", "rule").agg(pl.len().alias("count"))
    order = ["count", "outcome", "rule"]
    return counted.collect().sort(order, descending=[True, False, False])


def records(run: Run) -> dict[str, RecordType]:
    """The record types the run's plan speaks of, by name, in the order they are written."""
    planned = _head(run)["changes"]
    types = registry.integration(run.sync.integration).records
    return {record.name: record for record in types if record.name in planned}


def kind_counts(
    run: Run,
    record: str,
    only: ChangeFilter | None = None,
    exclusion: Exclusion | None = None,
) -> dict[str, int]:
    """How many changes of each kind pass the filter, whatever kind it names; `exclusion` as for
    `changes`.
    """
    only = only or ChangeFilter()
    if only == ChangeFilter(kind=only.kind):
        kinds = _head(run)["changes"][record]["kinds"]
        counts = {kind: fields[""] for kind, fields in kinds.items()}
    else:
        exclusion = exclusion_of(approval_of(run)) if exclusion is None else exclusion
        matching = _changes(run, record, replace(only, kind=""), exclusion)
        by_kind = matching.group_by("change").len().collect()
        counts = dict(by_kind.iter_rows())
    return {kind: counts[kind] for kind in ChangeKind if kind in counts}


def field_counts(run: Run, record: str, kind: str = "") -> dict[str, int]:
    """How many changes (of a kind, or of all) change each field; the most frequent first."""
    counts: dict[str, int] = {}
    for name, fields in _head(run)["changes"][record]["kinds"].items():
        if kind in ("", name):
            for field, count in fields.items():
                counts[field] = counts.get(field, 0) + count
    counts.pop("", None)
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def changes(
    run: Run,
    record: str,
    only: ChangeFilter | None = None,
    after: int = -1,
    size: int = PAGE,
    exclusion: Exclusion | None = None,
) -> Page:
    """Changes to records of one type, by line and then those without one, behind place `after`.

    `exclusion`: what is left out; None: what was left out when the run was approved.
    Each: place, change, input, line, key (column to text), local_id, student (see `students`; None
    when the district has none of that id), fields (field, before, after as texts) and excluded.
    """
    exclusion = exclusion_of(approval_of(run)) if exclusion is None else exclusion
    matching = _changes(run, record, only or ChangeFilter(), exclusion)
    matching = matching.filter(pl.col("place") > after)
    places = matching.select("place", "before").head(size + 1).collect()
    shown = places.head(size)
    after_rows = _read(plan_store.scan(run, f"{record}.after"), shown["place"]).rows(named=True)
    was = _read(plan_store.scan(run, f"{record}.before"), shown["before"].drop_nulls())
    earlier = iter(was.rows(named=True))
    befores = [None if place is None else next(earlier) for place in shown["before"]]
    teller = _Teller(run, records(run)[record], exclusion)
    people = students(run, [row["local_id"] for row in after_rows if row.get("local_id")])
    listed = [
        teller.change(place, after_, before) | {"student": people.get(after_.get("local_id", ""))}
        for place, after_, before in zip(shown["place"], after_rows, befores, strict=True)
    ]
    return Page(listed, _next(places["place"], size))


def students(run: Run, local_ids: list[str]) -> dict[str, dict[str, Any]]:
    """Of the run's district, by local id: id (the database's number), names, school_code, grade."""
    shown = ("id", "local_id", "last_name", "first_name", "school_code", "grade")
    records_found = Student.objects.filter(district=run.district_id, local_id__in=set(local_ids))
    return {student["local_id"]: student for student in records_found.values(*shown)}


class _Teller:
    """Says what a change does, as a page shows it."""

    def __init__(self, run: Run, record: RecordType, exclusion: Exclusion) -> None:
        self.record = record
        self.input = _source(run, record)
        self.excluded = exclusion

    def change(
        self, place: int, after: Mapping[str, Any], before: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """One change, as `changes` gives it."""
        key = key_texts(self.record, after)
        input = self.input if after["line"] is not None else ""
        gone = after["change"] == ChangeKind.REMOVE
        fields = []
        for name in self.record.columns:
            was = before[name] if before is not None else None
            new_value = None if gone else after[name]
            if was != new_value:
                fields.append({"field": name, "before": _text(was), "after": _text(new_value)})
        return {
            "place": place,
            "change": after["change"],
            "input": input,
            "line": after["line"],
            "key": key,
            "local_id": after.get("local_id"),
            "fields": fields,
            "excluded": self.excluded.has(input, after["line"], self.record.name, key),
        }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _head(run: Run) -> dict[str, Any]:
    if artifacts.find(run, "plan", "plan.json") is None:
        raise Problem(NO_PLAN, f"run {run.pk}")
    return plan_store.head(run)


def _rows(run: Run, input: str) -> pl.LazyFrame:
    return plan_store.scan(run, _rows_of(run, input))


def _rows_of(run: Run, input: str) -> str:
    """What the rows of an input are stored as."""
    names = inputs(run)
    if input not in names:
        raise Problem(INPUT_UNKNOWN, f"{input}; there are {', '.join(names)}")
    return f"{input}.rows"


def _places(stored: pl.LazyFrame, only: RowFilter) -> pl.LazyFrame:
    """The rows that pass the filter."""
    if only.outcome:
        stored = stored.filter(pl.col("outcome") == only.outcome)
    if only.rule:
        stored = stored.filter(pl.col("rule") == only.rule)
    if only.line is not None:
        stored = stored.filter(pl.col("line") == only.line)
    if only.id:
        # Of the student, the state, the partner.
        texts = [name for name, type in stored.collect_schema().items() if type == pl.String()]
        ids = [name for name in texts if name.endswith("_id") or name == "key"]
        stored = stored.filter(pl.any_horizontal(pl.col(name).eq(only.id) for name in ids))
    return stored


def _changes(run: Run, record: str, only: ChangeFilter, exclusion: Exclusion) -> pl.LazyFrame:
    """The index rows of the changes that pass the filter, with their `place`."""
    type = records(run)[record]
    stored = plan_store.scan(run, f"{record}.index").with_row_index("place")
    if only.kind:
        stored = stored.filter(pl.col("change") == only.kind)
    if only.line is not None:
        stored = stored.filter(pl.col("line") == only.line)
    if only.field:
        stored = stored.filter(changes_field(type, only.field))
    if only.local_id:
        stored = stored.filter(pl.col("local_id") == only.local_id)
    if only.school:
        stored = stored.filter(_at_school(run, type, only.school))
    if only.excluded is not None:
        # The places of the changes that are left out.
        keyed = plan_store.scan(run, f"{type.name}.after").select("line", *type.key).collect()
        out = pl.col("place").is_in(
            is_out(keyed, type, _source(run, type), exclusion).arg_true().implode()
        )
        stored = stored.filter(out if only.excluded else ~out)
    return stored


def _source(run: Run, record: RecordType) -> str:
    """The input that the lines of changes to this type are of."""
    declared = registry.integration(run.sync.integration).inputs
    return source_inputs(declared, inputs(run)).get(record.name, "")


def _at_school(run: Run, record: RecordType, school: str) -> pl.Expr:
    own = "school_code" in record.schema
    there = pl.col("school_code") == school if own else pl.lit(False)
    if "local_id" not in record.schema:
        return there
    students = Student.objects.filter(district=run.district_id, school_code=school)
    ids = pl.Series(list(students.values_list("local_id", flat=True)), dtype=pl.String)
    says_none = pl.col("school_code").is_null() if own else pl.lit(True)
    return there | (says_none & pl.col("local_id").is_in(ids.implode()))


def _read(stored: pl.LazyFrame, places: pl.Series) -> pl.DataFrame:
    """The rows at these places (ascending). Of each piece of the file only what lies between the
    first and the last of them there is read.
    """
    if places.is_empty():
        return stored.head(0).collect()
    wanted_places = pl.DataFrame({"place": places.cast(pl.Int64)})
    in_pieces = wanted_places.group_by(pl.col("place") // plan_store.GROUP, maintain_order=True)
    pieces = [piece["place"] for _, piece in in_pieces]
    spans = [
        stored.slice(span_places[0], span_places[-1] - span_places[0] + 1) for span_places in pieces
    ]
    read_spans = zip(pl.collect_all(spans), pieces, strict=True)
    parts: list[pl.DataFrame] = [span[(piece - piece[0]).to_list()] for span, piece in read_spans]
    return pl.concat(parts)


def _next(places: pl.Series, size: int) -> int | None:
    return int(places[size - 1]) if places.len() > size else None
