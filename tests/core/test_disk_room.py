"""How much room a step needs."""

from rollcall.core.disk_room import RESERVE, to_apply, to_keep, to_store


def test_more_is_needed_the_more_is_made_of_it_and_something_stays_free() -> None:
    assert RESERVE == to_keep(0) == to_store(0) == to_apply(0)
    assert RESERVE + 1000 == to_keep(1000) < to_store(1000) < to_apply(1000)
