"""Waiting before the next try: longer with each failure, never for good."""

from rollcall.core.sign_in.sign_in_delays import Slowing


def test_the_first_failures_cost_nothing_then_the_wait_doubles_up_to_the_longest() -> None:
    assert Slowing(free=3, longest=60).waits == (0, 0, 0, 1, 2, 4, 8, 16, 32, 60)


def test_a_longest_that_is_a_power_of_two_is_reached_once() -> None:
    assert Slowing(free=0, longest=4).waits == (1, 2, 4)


def test_the_shortest_slowing_waits_a_second() -> None:
    assert Slowing(free=1, longest=1).waits == (0, 1)
