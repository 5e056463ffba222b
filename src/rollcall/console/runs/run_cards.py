"""A run in numbers: each number a link to exactly the rows or changes it counts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_frame import has_plan, sends
from rollcall.core.plans.counts import CHANGE_WORDS
from rollcall.core.plans.plan import ChangeKind, Outcome
from rollcall.engine import registry
from rollcall.engine.models import Run
from rollcall.engine.outbound.figures.document_pages import Which
from rollcall.engine.plans import browsing, excluding, plan_store
from rollcall.engine.plans.browsing import ChangeFilter
from rollcall.engine.runs.results import counts_of

#: Where a number above nothing wants a look.
TONES = {
    Outcome.MATCHED: "good",
    Outcome.UNMATCHED: "attention",
    Outcome.DUPLICATE: "attention",
    Outcome.AMBIGUOUS: "attention",
    Outcome.REJECTED: "bad",
}


@dataclass(frozen=True)
class Card:
    """A number. `address`: where what it counts is listed, "" when nowhere."""

    label: str
    number: int
    address: str
    tone: str = ""


@dataclass(frozen=True)
class Group:
    """The numbers of one input, or of the records of one type."""

    title: str
    cards: list[Card]


def groups(visit: Visit, run: Run) -> list[Group]:
    """Rows by input, then changes by record type; without links when the plan is gone."""
    listed = has_plan(run)
    found = [*_of_answers(visit, run), *_of_rows(visit, run, listed)]
    return [*found, *(_of_changes(visit, run) if listed else _counted(run))]


def _of_answers(visit: Visit, run: Run) -> Iterator[Group]:
    """What the partner said of all that a run sent. Refused and waiting ones are listed as they are
    now, since a later run or edit may have settled them.
    """
    if not sends(run) or run.applied_at is None:
        return
    numbers = dict(run.summary)
    now = f"{visit.url('flow-documents', sender=run.sync.name)}?which="
    yield Group(
        "What the partner said",
        [
            Card("Accepted", numbers.get("Accepted", 0), "", "good"),
            _answered("Refused", numbers, f"{now}{Which.REFUSED}", "bad"),
            _answered("Waiting", numbers, f"{now}{Which.WAITING}", "attention"),
        ],
    )


def _answered(label: str, numbers: Mapping[str, int], address: str, tone: str) -> Card:
    number = numbers.get(label, 0)
    return Card(label, number, address, tone if number else "")


def _of_rows(visit: Visit, run: Run, listed: bool) -> Iterator[Group]:
    titles = {one.name: one.title for one in registry.integration(run.sync.integration).inputs}
    address = visit.url("run-rows", number=run.pk)
    for input, counts in counts_of(run).items():
        if input not in titles:
            continue
        every = f"{address}?input={input}" if listed else ""
        cards = [Card("Read", counts.get("read", 0), every)]
        for outcome in Outcome:
            number = counts.get(outcome, 0)
            where = f"{every}&outcome={outcome}" if listed else ""
            cards.append(
                Card(outcome.capitalize(), number, where, TONES[outcome] if number else "")
            )
        yield Group(f"Rows of {titles[input]}", cards)


def _of_changes(visit: Visit, run: Run) -> Iterator[Group]:
    address = visit.url("run-changes", number=run.pk)
    some_left_out = bool(excluding.exclusion_of(run))
    planned = plan_store.head(run)["changes"]
    for name, record in browsing.records(run).items():
        only = ChangeFilter(excluded=False) if some_left_out else None
        counts = browsing.kind_counts(run, name, only)
        where = f"{address}?record={name}"
        kept = "&left_out=no" if some_left_out else ""
        cards = [
            Card(CHANGE_WORDS[kind].capitalize(), counts.get(kind, 0), f"{where}&kind={kind}{kept}")
            for kind in ChangeKind
            if kind is not ChangeKind.NONE
        ]
        if some_left_out:
            out = sum(browsing.kind_counts(run, name, ChangeFilter(excluded=True)).values())
            cards.append(Card("Left out", out, f"{where}&left_out=yes", "attention" if out else ""))
        cards.append(Card("Unchanged", planned[name]["unchanged"], ""))
        yield Group(record.title, cards)


def _counted(run: Run) -> Iterator[Group]:
    """The changes as they were counted, when the plan itself was removed because of its age."""
    for name, counts in counts_of(run).items():
        cards = [
            Card(word.capitalize(), counts[word], "")
            for word in CHANGE_WORDS.values()
            if word in counts
        ]
        yield Group(f"Changes by {name}", cards)
