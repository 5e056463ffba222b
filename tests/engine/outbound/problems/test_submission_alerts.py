"""What answers say about problems: they open, go on and are resolved."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.clock import FakeClock
from tests.engine.outbound.sender.test_in_flight import taken
from tests.minnesota import Capital, world

from rollcall.core.sending.channel import Next, Verdict
from rollcall.engine.models import Alert, AlertState
from rollcall.engine.outbound.problems import submission_alerts
from rollcall.engine.outbound.queue import Dropped
from rollcall.engine.outbound.sender.record_answers import Outcome, Settled
from rollcall.integrations.edfi import refusals
from rollcall.integrations.edfi.resources import RESOURCES
from rollcall.sandbox.edfi.server import EdfiServer

BY_NAME = {one.name: one for one in RESOURCES}
ENROLLMENT = "studentSchoolAssociations"
CLOCK = FakeClock()


@pytest.fixture(scope="module")
def district(wired: None) -> Iterator[Capital]:
    with EdfiServer(world()) as state:
        made = Capital(state)
        made.apply()
        made.schools()
        made.student(1)
        yield made


@pytest.fixture
def capital(district: Capital) -> Iterator[Capital]:
    yield district
    Alert.objects.filter(sync=district.sync).delete()


def update(capital: Capital, outcome: Outcome, code: str = "", **more: Any) -> None:
    settled = Settled(taken(1, ENROLLMENT, **more), outcome, code, "Its own words.")
    submission_alerts.update_alerts(capital.sync, BY_NAME, [settled], CLOCK)


def problems(capital: Capital) -> list[tuple[str, str]]:
    found = Alert.objects.filter(sync=capital.sync).order_by("pk")
    return list(found.values_list("code", "state"))


def test_a_refusal_names_the_student_and_the_document_but_not_by_their_numbers(
    capital: Capital,
) -> None:
    update(capital, Outcome.REFUSED, refusals.VALIDATION)
    alert = Alert.objects.get(sync=capital.sync)
    assert alert.subject.startswith("student:")
    assert alert.detail == f"{ENROLLMENT} 10625010 20333"
    assert alert.text.endswith("Its own words.")
    assert "0625000000001" not in f"{alert.subject} {alert.detail} {alert.text}"


def test_the_next_good_answer_resolves_it(capital: Capital) -> None:
    update(capital, Outcome.REFUSED, refusals.VALIDATION)
    update(capital, Outcome.ACCEPTED)
    assert problems(capital) == [(refusals.VALIDATION, AlertState.RESOLVED)]


def test_another_reason_takes_the_place_of_the_first(capital: Capital) -> None:
    update(capital, Outcome.REFUSED, refusals.VALIDATION)
    update(capital, Outcome.REFUSED, refusals.UNKNOWN_CODE)
    assert problems(capital) == [
        (refusals.VALIDATION, AlertState.RESOLVED),
        (refusals.UNKNOWN_CODE, AlertState.OPEN),
    ]


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome.WAITING, submission_alerts.WAITS),
        (Outcome.PARENT, submission_alerts.WAITS_FOR_PARENT),
    ],
)
def test_a_wait_is_a_problem_when_it_is_long(capital: Capital, outcome: Outcome, code: str) -> None:
    update(capital, outcome, refusals.NO_ANSWER, attempts=4)
    assert problems(capital) == []
    update(capital, outcome, refusals.NO_ANSWER, attempts=5)
    assert problems(capital) == [(code, AlertState.OPEN)]


def test_what_is_no_longer_called_for_has_no_problem(capital: Capital) -> None:
    update(capital, Outcome.REFUSED, refusals.VALIDATION)
    one = taken(1, ENROLLMENT)
    gone = [Dropped(ENROLLMENT, one.key, one.local_id)]
    submission_alerts.resolve_dropped(capital.sync, RESOURCES, gone, CLOCK)
    assert problems(capital) == [(refusals.VALIDATION, AlertState.RESOLVED)]


def test_not_being_let_in_is_said_once_and_resolved_when_we_are(capital: Capital) -> None:
    refused = Verdict(Next.REFUSED, refusals.SIGN_IN_REFUSED, "invalid_client")
    code = submission_alerts.update_sign_in_alert(capital.sync, refused, CLOCK, None)
    code = submission_alerts.update_sign_in_alert(capital.sync, refused, CLOCK, code)
    assert problems(capital) == [(refusals.SIGN_IN_REFUSED, AlertState.OPEN)]
    submission_alerts.update_sign_in_alert(capital.sync, None, CLOCK, code)
    assert problems(capital) == [(refusals.SIGN_IN_REFUSED, AlertState.RESOLVED)]
