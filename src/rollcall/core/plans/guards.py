"""Guards: limits checked on a plan before anything is written (promises 2 and 7).

The defaults follow what rostering services use (facts section 5.2): more than 75% of the records
updated or more than 10% removed needs a person. A guard counts only from a minimum population on,
for small numbers swing; a side that would be emptied is held however small it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field

from rollcall.core.findings import Codes, Severity
from rollcall.core.plans.plan import ChangeKind, Changes

EXCEEDED = Codes.add(
    "guard.exceeded",
    Severity.ERROR,
    "This run exceeds a safety limit",
    "Look at the preview. Approve the run if the changes are right; discard it if they are not, "
    "and correct the file.",
    "anyone with the Approver role",
)

#: Percent allowed when a sync does not say: of the records held, of the rows read last time
#: (decrease), of the rows read (rejected, unmatched).
DEFAULTS: Mapping[str, float] = {
    "add": 50,
    "update": 75,
    "end": 10,
    "remove": 10,
    "decrease": 20,
    "rejected": 10,
    "unmatched": 30,
}

_DONE = {"add": "added", "update": "updated", "end": "ended", "remove": "removed"}


class Limit(BaseModel):
    """A limit: more than `percent` or more than `count` trips it. What is not set stays default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    percent: float | None = Field(
        default=None,
        ge=0,
        allow_inf_nan=False,
        description="at most this many percent; 100 or more in effect: no limit",
    )
    count: int | None = Field(
        default=None, ge=0, description="at most this many, whatever the population"
    )


class ChangeGuards(BaseModel):
    """Limits on the changes to records, in percent of the records held before the run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    add: Limit = Field(default=Limit(), description="records added (default 50%)")
    update: Limit = Field(default=Limit(), description="records updated (default 75%)")
    end: Limit = Field(default=Limit(), description="records ended (default 10%)")
    remove: Limit = Field(default=Limit(), description="records removed (default 10%)")


class Guards(ChangeGuards):
    """A sync's guards, as its configuration declares them."""

    minimum_population: int = Field(
        default=100, ge=0, description="limits apply from this many records or rows on"
    )
    decrease: Limit = Field(
        default=Limit(),
        description="rows fewer than at the last live run with files from the same way, "
        "fetched or uploaded (default 20%)",
    )
    rejected: Limit = Field(default=Limit(), description="rows rejected (default 10%)")
    unmatched: Limit = Field(default=Limit(), description="rows unmatched (default 30%)")
    records: dict[str, ChangeGuards] = Field(
        default_factory=dict, description="limits that differ for one record type, by its name"
    )

    def limit(self, guard: str, record: str = "") -> Limit:
        """The limit in force: the record type's own, else the sync's, else the default."""
        own = getattr(self.records.get(record), guard, Limit())
        common: Limit = getattr(self, guard)
        percents = (own.percent, common.percent, DEFAULTS[guard])
        counts = (own.count, common.count)
        return Limit(
            percent=next(p for p in percents if p is not None),
            count=next((c for c in counts if c is not None), None),
        )


@dataclass(frozen=True)
class GuardResult:
    """One guard checked: on which record type or input, what is allowed, and what the plan has."""

    guard: str
    subject: str
    limit: int
    actual: int
    tripped: bool
    sentence: str


@dataclass(frozen=True)
class _Measure:
    """What a guard looks at: `actual` out of `population`, in words, and the limit in force."""

    guard: str
    subject: str
    actual: int
    population: int
    what: str
    limit: Limit


def check(
    guards: Guards,
    changes: Mapping[str, Changes],
    counts: Mapping[str, Mapping[str, int]],
    previous_rows: Mapping[str, int | None],
    titles: Mapping[str, str] = MappingProxyType({}),
    *,
    may_empty: bool = False,
) -> list[GuardResult]:
    """Every guard that applies to a plan, tripped or not.

    `changes` by record type; `counts` by input (core.plans.counts); `previous_rows` by input: rows
    read by the last completed live run, None or absent when there was none. `titles`: what the
    inputs are called, by their names. `may_empty`: the run is about so little that all of it may go
    without alarm: one student.
    """
    measures: list[_Measure] = []
    for changed in changes.values():
        measures += _of_changes(guards, changed)
    for input, counted in counts.items():
        title = titles.get(input, input)
        measures += _of_rows(guards, input, title, counted, previous_rows.get(input))
    applying = [measure for measure in measures if measure.population >= guards.minimum_population]
    emptied = [] if may_empty else _emptied(changes, counts, previous_rows, titles)
    return [*emptied, *map(_result, applying)]


def _of_changes(guards: Guards, changes: Changes) -> Iterator[_Measure]:
    record, population = changes.record, changes.population
    for guard, done in _DONE.items():
        actual = changes.count(ChangeKind(guard))
        what = f"{actual:,} of {population:,} records of “{record.title}” would be {done}"
        limit = guards.limit(guard, record.name)
        yield _Measure(guard, record.name, actual, population, what, limit)


def _of_rows(
    guards: Guards, input: str, title: str, counts: Mapping[str, int], previous: int | None
) -> Iterator[_Measure]:
    read = counts["read"]
    if previous is not None:
        fewer, what = (
            max(previous - read, 0),
            f"“{title}” has {read:,} rows after {previous:,} last time",
        )
        yield _Measure("decrease", input, fewer, previous, what, guards.limit("decrease"))
    for guard in ("rejected", "unmatched"):
        what = f"{counts[guard]:,} of {read:,} rows of “{title}” are {guard}"
        yield _Measure(guard, input, counts[guard], read, what, guards.limit(guard))


def _result(measure: _Measure) -> GuardResult:
    """How many are allowed, rounded down, by the stricter part of the limit."""
    # In decimals, because 10% of 501 must be 50 and 0.29% of 10,000 must be 29, exactly.
    percent, count = Decimal(str(measure.limit.percent)), measure.limit.count
    allowed, reason = int(percent * measure.population / 100), f"{percent.normalize():f}%"
    if count is not None and count < allowed:
        allowed, reason = count, "a fixed number"
    fewer = " fewer" if measure.guard == "decrease" else ""
    sentence = f"{measure.what}; at most {allowed:,}{fewer} allowed ({reason})."
    tripped = measure.actual > allowed
    return GuardResult(measure.guard, measure.subject, allowed, measure.actual, tripped, sentence)


def _emptied(
    changes: Mapping[str, Changes],
    counts: Mapping[str, Mapping[str, int]],
    previous_rows: Mapping[str, int | None],
    titles: Mapping[str, str],
) -> Iterator[GuardResult]:
    """Sides that would be left with nothing, or that gave nothing though there are records."""
    for name, changed in changes.items():
        removed, population = changed.count(ChangeKind.REMOVE), changed.population
        if population and removed >= population and not changed.count(ChangeKind.ADD):
            text = f"All {population:,} records of “{changed.record.title}” would be removed."
            yield GuardResult("emptied", name, population - 1, removed, True, text)
    had_records = any(changed.population for changed in changes.values())
    for input, counted in counts.items():
        if counted["read"] == 0 and (previous_rows.get(input) or had_records):
            text = f"Nothing was read from “{titles.get(input, input)}”, though there are records."
            yield GuardResult("emptied", input, 1, 0, True, text)
