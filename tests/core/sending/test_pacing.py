"""How many requests are under way at once, on servers made up of slots that each take a time."""

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.examples import examples

from rollcall.core.sending.pacing import Pace, backoff

LATENCY = 0.03


@dataclass
class Server:
    """`slots` requests at once, each `latency` seconds with a chance part of `noise` more; refuses
    what is beyond `most` under way at once, and a part of all by `chance`.
    """

    slots: int = 10_000
    latency: float = LATENCY
    noise: float = 0.0
    most: int = 10_000
    chance: float = 0.0
    dice: random.Random = field(default_factory=lambda: random.Random(1))


@dataclass(frozen=True)
class Moment:
    """After an answer: the time, the requests accepted by then, and the limit."""

    time: float
    accepted: int
    limit: int


def sent(server: Server, pace: Pace, requests: int) -> list[Moment]:
    """What happens while so many requests are sent, each as soon as the pace allows."""
    return list(_sent(server, pace, requests))


def _sent(server: Server, pace: Pace, requests: int) -> Iterator[Moment]:
    free = [0.0] * server.slots
    under_way: list[tuple[float, int, int, float]] = []
    now, accepted, number = 0.0, 0, 0
    while accepted < requests:
        while len(under_way) < pace.limit:
            number += 1
            refused = len(under_way) >= server.most or server.dice.random() < server.chance
            begins = now if refused else max(heapq.heappop(free), now)
            takes = server.latency * (1 + server.noise * server.dice.expovariate(1))
            ends = begins + (takes / 2 if refused else takes)
            if not refused:
                heapq.heappush(free, ends)
            heapq.heappush(under_way, (ends, number, 429 if refused else 201, now))
        now, _, status, since = heapq.heappop(under_way)
        pace = pace.after(status == 429, now - since)
        accepted += status == 201
        yield Moment(now, accepted, pace.limit)


def later_limits(moments: list[Moment]) -> list[int]:
    return sorted(moment.limit for moment in moments[len(moments) // 2 :])


@pytest.mark.parametrize("noise", [0.0, 0.5])
@pytest.mark.parametrize("maximum", [1, 8, 32, 128])
def test_it_is_at_its_maximum_at_once_where_latency_stays(maximum: int, noise: float) -> None:
    moments = sent(Server(noise=noise), Pace.of(maximum), maximum * 100)
    reached = next(moment for moment in moments if moment.limit == maximum)
    assert reached.time < 20 * LATENCY
    average = LATENCY * (1 + noise)
    assert moments[-1].accepted / moments[-1].time > 0.9 * maximum / average


@pytest.mark.parametrize("noise", [0.0, 0.5])
@pytest.mark.parametrize("slots", [4, 20, 60])
def test_it_settles_near_what_a_server_does_at_once(slots: int, noise: float) -> None:
    moments = sent(Server(slots, noise=noise), Pace.of(128), 10_000)
    limits = later_limits(moments)
    assert slots / 2 <= limits[len(limits) // 2] <= 2 * slots
    average = LATENCY * (1 + noise)
    assert moments[-1].accepted / moments[-1].time > 0.9 * slots / average


@pytest.mark.parametrize("most", [5, 20, 60])
def test_it_halves_when_there_is_too_much_and_keeps_below(most: int) -> None:
    moments = sent(Server(most=most), Pace.of(128), 10_000)
    limits = later_limits(moments)
    assert most / 4 <= limits[len(limits) // 2] <= most
    assert len(moments) - moments[-1].accepted < len(moments) / 20


def test_a_refusal_by_chance_slows_nothing() -> None:
    moments = sent(Server(chance=0.03), Pace.of(32), 5_000)
    limits = later_limits(moments)
    assert limits[len(limits) // 10] >= 25


def full(maximum: int) -> Pace:
    pace = Pace.of(maximum)
    while pace.limit < maximum:
        pace = pace.after(False, LATENCY)
    for _ in range(2 * maximum):
        pace = pace.after(False, LATENCY)
    return pace


def test_what_fails_together_halves_it_once() -> None:
    pace = full(64)
    for _ in range(64):
        pace = pace.after(True, 30.0)
    assert pace.limit == 32
    for _ in range(1_000):
        pace = pace.after(True, 30.0)
    assert pace.limit == 1


def test_it_comes_back_when_the_server_does() -> None:
    pace = full(64)
    for _ in range(300):
        pace = pace.after(True, 1.0)
    assert sent(Server(), pace, 20_000)[-1].limit > 50


@given(
    st.integers(1, 128),
    st.lists(st.tuples(st.sampled_from([0, 201, 400, 429, 503]), st.floats(0, 100)), max_size=300),
)
@examples(50)
def test_the_limit_is_always_between_one_and_the_maximum(
    maximum: int, answers: list[tuple[bool, float]]
) -> None:
    pace = Pace.of(maximum)
    for overloaded, seconds in answers:
        pace = pace.after(overloaded, seconds)
        assert 1 <= pace.limit <= maximum


def test_pauses_double_up_to_five_minutes() -> None:
    assert [backoff(n) for n in range(11)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert backoff(10**6) == 300


def test_a_pause_is_never_shorter_than_asked_for() -> None:
    assert backoff(0, asked_after=40) == 40
    assert backoff(9, asked_after=40) == 300


def test_jitter_takes_away_up_to_half() -> None:
    assert backoff(3, jitter=1.0) == 4
    assert backoff(3, jitter=0.5) == 6
    assert backoff(3, asked_after=7, jitter=1.0) == 7


def test_answers_that_we_were_late_to_hear_say_nothing_of_the_partner() -> None:
    """Something else was done while eight were under way: they seem slow, and are not counted."""
    pace, heard_late = Pace.of(32), 8
    for _ in range(200):
        pace = pace.after(False, 0.01)
    steady = pace.limit
    late = pace.without_next(heard_late)
    for _ in range(heard_late):
        late = late.after(False, 9.9)
    assert late == pace.without_next(0)
    assert late.limit == steady
