"""How much room a step needs."""

from rollcall.core.disk_room import RESERVE, Need, needed


def test_more_is_needed_the_more_is_made_of_it_and_something_stays_free() -> None:
    size = 1 << 30
    keep, store, apply = (needed(one, size) for one in (Need.KEEP, Need.STORE, Need.APPLY))
    assert size + RESERVE == keep < store < apply
    assert needed(Need.APPLY, 0) == RESERVE
