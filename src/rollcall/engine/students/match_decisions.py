"""What a person decides about a row that matched nobody for certain: kept, listed, taken back.

A row is named by its run, input and line. What is stored is who it is about
(`core.matching.match_decisions`), so that the decision applies to every later file of the
integration.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from django.db.models import Q, QuerySet

from rollcall.core.findings import Codes, Severity
from rollcall.core.integration import Input
from rollcall.core.matching.match import identities
from rollcall.core.matching.match_decisions import (
    IDENTITY,
    MATCH_DECISIONS_SCHEMA,
    DecisionKind,
    decision_sentence,
)
from rollcall.core.problems import Problem
from rollcall.engine import registry
from rollcall.engine.clock import Clock
from rollcall.engine.models import Run
from rollcall.engine.plans import plan_store
from rollcall.engine.plans.explaining import NO_PLAN, NO_SUCH_LINE
from rollcall.engine.runs.inputs.uploads import INPUT_UNKNOWN
from rollcall.records.by_person import by_person
from rollcall.records.models import District, MatchDecision, Student

_STEWARD = "the person who decides about unmatched rows"

NOT_ABOUT_STUDENTS = Codes.add(
    "decision.not_about_students",
    Severity.ERROR,
    "The rows of this input are not matched to students, so there is nothing to decide",
    "Name an input whose rows are about students.",
    _STEWARD,
)
NO_IDENTITY = Codes.add(
    "decision.no_identity",
    Severity.ERROR,
    "The row has neither a state id nor a full name and birth date, so it could not be "
    "recognized in the next file",
    "Enter the state id in the partner's system.",
    "the office that keeps the partner's system",
)
NO_STUDENT = Codes.add(
    "decision.no_student",
    Severity.ERROR,
    "The district has no student of that id",
    "Look the student up with `rollcall student` or on the page Students.",
    _STEWARD,
)
STATE_ID_TAKEN = Codes.add(
    "decision.state_id_taken",
    Severity.ERROR,
    "The row's state id belongs to another student, which counts more than a link",
    "Correct that student's state id, or first decide that the row is not that student.",
    _STEWARD,
)
UNTIL_PAST = Codes.add(
    "decision.until_past",
    Severity.ERROR,
    "A row can only be left alone until a day to come",
    "Give a later day.",
    _STEWARD,
)
NO_DECISION = Codes.add(
    "decision.unknown",
    Severity.ERROR,
    "There is no decision of that number; it was perhaps revoked or replaced",
    "See the list of decisions for those there are.",
    _STEWARD,
)


@dataclass(frozen=True)
class Place:
    """A row as people name it. `input` None: the first of the run's integration."""

    run: Run
    line: int
    input: str | None = None


def link(place: Place, local_id: str, person: str, clock: Clock, note: str = "") -> MatchDecision:
    """The row is this student, in every later run.

    Replaces an earlier link, an ignore, and a decision that the row is not this student. Problem
    when there is no such row or student, or the row's state id is another student's.
    """
    who = identity(place)
    _known_student(place.run.district, local_id)
    _free_state_id(place.run, who, local_id)
    over = Q(kind=DecisionKind.LINK) | Q(kind=DecisionKind.IGNORE)
    over |= Q(kind=DecisionKind.DIFFERENT, local_id=local_id)
    decision = {"kind": DecisionKind.LINK, "local_id": local_id, "note": note or None}
    return _keep(place.run, who, decision, over, person, clock)


def different(
    place: Place, local_id: str, person: str, clock: Clock, note: str = ""
) -> MatchDecision:
    """The row is never this student. Replaces a link to them. Problem as for `link`."""
    who = identity(place)
    _known_student(place.run.district, local_id)
    over = Q(kind__in=[DecisionKind.LINK, DecisionKind.DIFFERENT], local_id=local_id)
    decision = {"kind": DecisionKind.DIFFERENT, "local_id": local_id, "note": note or None}
    return _keep(place.run, who, decision, over, person, clock)


def ignore(place: Place, until: date, person: str, clock: Clock, note: str = "") -> MatchDecision:
    """The row is no open question before the day `until`. Replaces an earlier ignore.

    Problem when there is no such row, or `until` is not after the district's today.
    """
    if until <= today_of(place.run.district, clock):
        raise Problem(UNTIL_PAST, until.isoformat())
    decision = {"kind": DecisionKind.IGNORE, "until": until, "note": note or None}
    over = Q(kind=DecisionKind.IGNORE)
    return _keep(place.run, identity(place), decision, over, person, clock)


def revoke(district: District, number: int, person: str) -> MatchDecision:
    """Take a decision back; what it was. Problem when there is none of that number."""
    with by_person(person):
        stored = MatchDecision.objects.filter(district=district, pk=number).first()
        if stored is None:
            raise Problem(NO_DECISION, str(number))
        MatchDecision.objects.filter(pk=number).delete()
    return stored


def decisions(
    district: District, integration: str | None = None, before: int | None = None, limit: int = 50
) -> list[MatchDecision]:
    """The decisions kept, the newest first, `limit` at most; `before`: the last number seen."""
    stored = MatchDecision.objects.filter(district=district).order_by("-pk")
    if integration is not None:
        stored = stored.filter(integration=integration)
    if before is not None:
        stored = stored.filter(pk__lt=before)
    return list(stored[:limit])


def today_of(district: District, clock: Clock) -> date:
    """The district's date."""
    return clock.now().astimezone(ZoneInfo(district.timezone)).date()


def person_input(run: Run, name: str | None) -> Input:
    """The input of that name (None: the first), whose rows are about students; Problem if not."""
    inputs = registry.integration(run.sync.integration).inputs
    chosen = next((declared for declared in inputs if name in (None, declared.name)), None)
    if chosen is None:
        raise Problem(INPUT_UNKNOWN, f"{name}; there are {', '.join(i.name for i in inputs)}")
    if not chosen.person:
        raise Problem(NOT_ABOUT_STUDENTS, chosen.name)
    return chosen


def identity(place: Place) -> dict[str, Any]:
    """Whom the row is about (IDENTITY). Problem when there is no such row, or it does not say."""
    input = person_input(place.run, place.input)
    if not place.run.plan_sha256:
        raise Problem(NO_PLAN, f"run {place.run.pk}")
    rows = plan_store.scan(place.run, f"{input.name}.rows")
    selected = rows.filter(pl.col("line") == place.line).select("line", *input.person).collect()
    if selected.is_empty():
        raise Problem(NO_SUCH_LINE, f"line {place.line} of {input.name}")
    who = identities(selected).row(0, named=True)
    if all(who[column] is None for column in IDENTITY):
        raise Problem(NO_IDENTITY, f"line {place.line} of {input.name}")
    return {column: who[column] for column in IDENTITY}


def _known_student(district: District, local_id: str) -> None:
    if not Student.objects.filter(district=district, local_id=local_id).exists():
        raise Problem(NO_STUDENT)


def _free_state_id(run: Run, who: Mapping[str, Any], local_id: str) -> None:
    """Problem when the state id leaves one student, who is another."""
    if who["state_id"] is None:
        return
    ruled_out = _about(run, who).filter(kind=DecisionKind.DIFFERENT).values("local_id")
    holders = Student.objects.filter(district=run.district_id, state_id=who["state_id"])
    possible = list(holders.exclude(local_id__in=ruled_out).values_list("local_id", flat=True)[:2])
    if len(possible) == 1 and possible != [local_id]:
        raise Problem(STATE_ID_TAKEN, f"student {possible[0]}")


def _about(run: Run, who: Mapping[str, Any]) -> QuerySet[MatchDecision]:
    """The decisions about exactly this identity: where it has no value, theirs has none either."""
    exactly = {
        column if value is not None else f"{column}__isnull": True if value is None else value
        for column, value in who.items()
    }
    decisions = MatchDecision.objects.filter(integration=run.sync.integration, **exactly)
    return decisions.filter(district=run.district_id)


def _keep(
    run: Run, who: dict[str, Any], decision: dict[str, Any], over: Q, person: str, clock: Clock
) -> MatchDecision:
    """Keep a decision in place of those that `over` says it replaces."""
    with by_person(person):
        _about(run, who).filter(over).delete()
        return MatchDecision.objects.create(
            district_id=run.district_id,
            integration=run.sync.integration,
            **who,
            **decision,
            made_by=person,
            made_on=today_of(run.district, clock),
        )


def as_json(decision: MatchDecision) -> dict[str, Any]:
    """A decision in the shape that lists and `--json` give: which row, what, by whom and when."""
    values = {name: getattr(decision, name) for name in MATCH_DECISIONS_SCHEMA}
    names = [decision.last_name, decision.first_name, decision.birth_date]
    who = f"state id {decision.state_id}" if decision.state_id else ", ".join(map(str, names))
    return {
        "number": decision.pk,
        "row": who,
        "decision": decision_sentence(values),
        "note": decision.note or "",
        **values,
    }
