"""How many connections there are room for."""

from rollcall.core.connection_room import Limit, free, most, needed_by_worker


def test_the_narrowest_limit_counts() -> None:
    server, role = Limit(97, 90), Limit(20, 3)
    assert most([server, role]) == 20
    assert free([server, role]) == 7


def test_a_worker_needs_one_for_each_job_and_some_beside() -> None:
    assert needed_by_worker(8) - needed_by_worker(4) == 4
    assert needed_by_worker(1) == 6
