"""A run in numbers: each number a link to exactly the rows or changes it counts."""

from collections.abc import Iterator
from dataclasses import dataclass

from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_head import has_plan, sends
from rollcall.core.plans.counts import CHANGE_WORDS
from rollcall.core.plans.plan import ChangeKind, Outcome
from rollcall.engine import registry
from rollcall.engine.models import Run
from rollcall.engine.outbound.figures.document_pages import Which
from rollcall.engine.plans import browsing, excluding, plan_store
from rollcall.engine.plans.browsing import ChangeFilter
from rollcall.engine.runs.results import counts_of

#: The tone of a number of rows that is not zero.
TONES = {
    Outcome.MATCHED: "good",
    Outcome.UNMATCHED: "attention",
    Outcome.DUPLICATE: "attention",
    Outcome.AMBIGUOUS: "attention",
    Outcome.REJECTED: "bad",
}


@dataclass(frozen=True)
class Card:
    """A number. `address`: the list of what it counts, "" when there is none. `tone`: if not 0."""

    label: str
    number: int
    address: str
    number_tone: str = ""

    @property
    def tone(self) -> str:
        """The tone of the card: none for zero."""
        return self.number_tone if self.number else ""


@dataclass(frozen=True)
class Group:
    """The numbers of one input, or of the records of one type."""

    title: str
    cards: list[Card]


def groups(visit: Visit, run: Run) -> list[Group]:
    """Rows by input, then changes by record type; without links when the plan is gone."""
    planned = has_plan(run)
    changes = _changes(visit, run) if planned else _counted_changes(run)
    return [*_answers(visit, run), *_rows(visit, run, planned), *changes]


def _answers(visit: Visit, run: Run) -> Iterator[Group]:
    """How the partner answered what a run sent. The links list refused and waiting documents as
    they are today, since a later run or edit can have changed them.
    """
    if not sends(run) or run.applied_at is None:
        return
    counts = dict(run.summary)
    documents = f"{visit.url('flow-documents', sender=run.sync.name)}?which="
    links = [
        ("Accepted", "", "good"),
        ("Refused", f"{documents}{Which.REFUSED}", "bad"),
        ("Waiting", f"{documents}{Which.WAITING}", "attention"),
    ]
    cards = [Card(label, counts.get(label, 0), address, tone) for label, address, tone in links]
    yield Group("Answers from the partner", cards)


def _rows(visit: Visit, run: Run, planned: bool) -> Iterator[Group]:
    inputs = registry.integration(run.sync.integration).inputs
    titles = {input.name: input.title for input in inputs}
    for input, counts in counts_of(run).items():
        if input not in titles:
            continue
        rows = f"{visit.url('run-rows', number=run.pk)}?input={input}" if planned else ""
        cards = [Card("Read", counts.get("read", 0), rows)]
        for outcome in Outcome:
            address = f"{rows}&outcome={outcome}" if planned else ""
            count = counts.get(outcome, 0)
            cards.append(Card(outcome.capitalize(), count, address, TONES[outcome]))
        yield Group(f"Rows of {titles[input]}", cards)


def _changes(visit: Visit, run: Run) -> Iterator[Group]:
    some_skipped = bool(excluding.exclusion_of(excluding.approval_of(run)))
    only = ChangeFilter(excluded=False) if some_skipped else None
    not_skipped = "&skipped=no" if some_skipped else ""
    planned = plan_store.head(run)["changes"]
    for name, record in browsing.records(run).items():
        counts = browsing.kind_counts(run, name, only)
        changes = f"{visit.url('run-changes', number=run.pk)}?record={name}"
        cards = [
            Card(
                CHANGE_WORDS[kind].capitalize(),
                counts.get(kind, 0),
                f"{changes}&kind={kind}{not_skipped}",
            )
            for kind in ChangeKind
            if kind is not ChangeKind.NONE
        ]
        if some_skipped:
            skipped = browsing.kind_counts(run, name, ChangeFilter(excluded=True))
            address = f"{changes}&skipped=yes"
            cards.append(Card("Skipped", sum(skipped.values()), address, "attention"))
        cards.append(Card("Unchanged", planned[name]["unchanged"], ""))
        yield Group(record.title, cards)


def _counted_changes(run: Run) -> Iterator[Group]:
    """The changes as they were counted, when the plan itself was removed because of its age."""
    for name, counts in counts_of(run).items():
        words = [word for word in CHANGE_WORDS.values() if word in counts]
        cards = [Card(word.capitalize(), counts[word], "") for word in words]
        yield Group(f"Changes from {name}", cards)
