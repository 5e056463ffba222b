"""A fresh, empty database for a story told from the outside, through the command line."""

from collections.abc import Iterator

import pytest
from tests.e2e.rollcall import database


@pytest.fixture
def own_database() -> Iterator[str]:
    """The address of an empty database of its own on the session's server."""
    with database() as made:
        yield made
