"""A fresh, empty database for a story told from the outside, through the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.rollcall import Embedded, Rollcall, database
from tests.e2e.small_district import install


@pytest.fixture
def own_database() -> Iterator[str]:
    """The address of an empty database of its own on the session's server."""
    with database() as made:
        yield made


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one that has its tables and nothing else, to be copied."""
    with database() as empty:
        Rollcall(tmp_path_factory.mktemp("tables") / "home", empty)("migrate")
        yield empty


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollcall]:
    """An installation with records loaded, of which tests have copies."""
    folder = tmp_path_factory.mktemp("installed")
    with database() as empty:
        made = Rollcall(folder / "home", empty)
        install(made, folder)
        yield made


@pytest.fixture(scope="session")
def installed_embedded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the same on an embedded database; nobody uses it, and tests copy it."""
    folder = tmp_path_factory.mktemp("embedded")
    install(Embedded(folder / "home", ""), folder)
    return folder / "home"


@pytest.fixture(scope="session")
def new_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of an installation that has its tables and nothing else, to be copied."""
    home = tmp_path_factory.mktemp("new") / "home"
    Embedded(home, "")("migrate")
    return home
