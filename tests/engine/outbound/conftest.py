"""A district and its state for each test."""

from collections.abc import Iterator

import pytest
from tests.minnesota import Capital, world
from tests.town_fixtures import town, wired

from rollcall.sandbox.edfi.server import EdfiServer

__all__ = ["town", "wired"]


@pytest.fixture
def state() -> Iterator[EdfiServer]:
    with EdfiServer(world()) as running:
        yield running


@pytest.fixture
def capital(wired: None, state: EdfiServer) -> Capital:
    made = Capital(state)
    made.apply()
    made.schools()
    return made
