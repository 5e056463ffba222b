"""Fixtures that make a district in Minnesota, with a state of its own to send to, for a test."""

from collections.abc import Iterator

import pytest
from tests.minnesota import Capital, world

from rollcall.engine.outbound.near_real_time import attending
from rollcall.sandbox.edfi.server import EdfiServer


@pytest.fixture
def state() -> Iterator[EdfiServer]:
    with EdfiServer(world()) as running:
        yield running


@pytest.fixture
def capital(wired: None, state: EdfiServer, monkeypatch: pytest.MonkeyPatch) -> Capital:
    # Waited for in the machine's time: as much quicker as the clock of a capital.
    monkeypatch.setattr(attending, "_TRY_AFTER", attending._TRY_AFTER / 10)
    made = Capital(state)
    made.apply()
    made.schools()
    return made
