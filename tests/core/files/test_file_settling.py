"""When a file counts as whole: old, or equal in two looks; never while the clocks say nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from rollcall.core.files.file_settling import (
    Decision,
    Look,
    Patience,
    Verdict,
    decide,
)

NOW = datetime(2016, 12, 1, 18, 30, tzinfo=UTC)
SETTLED = Decision(Verdict.SETTLED)


def look(after: float, size: int = 10, age: float = 1) -> Look:
    """How the file looks `after` seconds from now; `age` is its age now, by the server's clock."""
    return Look(NOW + timedelta(seconds=after), size, NOW - timedelta(seconds=age))


def test_a_file_not_touched_for_a_minute_is_whole_at_once() -> None:
    assert decide([look(0, age=61)], Patience()) == SETTLED


def test_a_younger_one_is_looked_at_again() -> None:
    assert decide([look(0, age=60)], Patience()) == Decision(Verdict.WAIT, 5)


def test_two_equal_looks_five_seconds_apart_settle_it() -> None:
    assert decide([look(0), look(5)], Patience()) == SETTLED


def test_looks_too_near_each_other_settle_nothing() -> None:
    assert decide([look(0), look(2)], Patience()) == Decision(Verdict.WAIT, 3)


@pytest.mark.parametrize("changed", [look(5, size=11), look(5, age=0)], ids=["size", "time"])
def test_any_change_starts_the_wait_anew(changed: Look) -> None:
    assert decide([look(0), changed], Patience()) == Decision(Verdict.WAIT, 5)


def test_the_wait_counts_from_the_last_change() -> None:
    looks = [look(0, size=1), look(5, size=2), look(10, size=2)]
    assert decide(looks, Patience()) == SETTLED
    assert decide(looks[:2], Patience()) == Decision(Verdict.WAIT, 5)


def test_a_file_that_goes_back_to_an_earlier_size_has_changed() -> None:
    assert decide([look(0), look(5, size=11), look(6)], Patience()) == Decision(Verdict.WAIT, 5)


def test_a_time_in_the_future_says_nothing_of_age() -> None:
    assert decide([look(0, age=-3600)], Patience()) == Decision(Verdict.WAIT, 5)
    assert decide([look(0, age=-3600), look(5, age=-3600)], Patience()) == SETTLED


def test_an_old_time_proves_nothing_once_the_file_was_seen_to_grow() -> None:
    looks = [look(0, size=1, age=58), look(5, size=2, age=58)]
    assert decide(looks, Patience()) == Decision(Verdict.WAIT, 5)


def test_no_time_at_all_says_nothing_of_age() -> None:
    none = Look(NOW, 10, datetime(1970, 1, 1, tzinfo=UTC))
    assert decide([none], Patience()) == Decision(Verdict.WAIT, 5)


def test_patience_ends() -> None:
    growing = [look(at, size=at) for at in range(0, 605, 5)]
    assert decide(growing[:-1], Patience()).verdict is Verdict.WAIT
    assert decide(growing, Patience()).verdict is Verdict.GAVE_UP


def test_a_file_that_settles_at_the_last_moment_is_taken() -> None:
    assert decide([look(0, size=1), look(595), look(600)], Patience()) == SETTLED
