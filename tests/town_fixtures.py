"""Fixtures that make a district of its own for a test."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import polars as pl
import pytest
from pytest_django import DjangoDbBlocker
from tests.clock import FakeClock
from tests.town import NOW, RowMaker, Town

from rollcall import wiring
from rollcall.engine.models import Sync
from rollcall.integrations.casemis.layout import TABLE_A


@pytest.fixture(scope="session")
def wired(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    wiring.set_up()
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def town(wired: None, tmp_path: Path) -> Town:
    return new_town(tmp_path)


@pytest.fixture(scope="module")
def shared_town(wired: None, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """One town for all tests of a module that only look: it imports this as `town`."""
    return new_town(tmp_path_factory.mktemp("town"))


@pytest.fixture
def only_new_syncs(wired: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in an installation where only this test's syncs are: hundreds of other tests' lie in the
    database, and what looks at every sync would look at all of them.
    """
    last = Sync.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    every = Sync.objects.get_queryset
    monkeypatch.setattr(Sync.objects, "get_queryset", lambda: every().filter(pk__gt=last))


def new_town(place: Path) -> Town:
    """A town that keeps its files in `place`."""
    made = Town(uuid4().hex[:7], place, FakeClock(NOW))
    for folder in (made.mailbox, made.outgoing):
        folder.mkdir()
    made.apply()
    return made


@pytest.fixture
def students() -> pl.DataFrame:
    """Five students; two of them have one name and birth date, one has no SSID."""
    return five_students()


def five_students() -> pl.DataFrame:
    """The same for fixtures of a wider scope."""
    columns = ["local_id", "state_id", "last_name", "first_name", "birth_date", "grade"]
    rows = [
        ("100001", "0000000001", "García", "Elena", "2008-03-14", "03"),
        ("100002", None, "Nguyen", "Minh", "2005-11-02", "06"),
        ("100003", "0000000003", "Smith", "Jo", "2007-05-09", "04"),
        ("100004", "0000000004", "Lee", "Kim", "2007-05-09", "04"),
        ("100005", "0000000005", "Lee", "Kim", "2007-05-09", "04"),
    ]
    return pl.DataFrame(rows, schema=columns, orient="row")


@pytest.fixture
def table_a() -> RowMaker:
    """Makes one Table A line from field names and values; the rest is blank."""
    return table_a_line


def table_a_line(**values: str) -> str:
    """One Table A line."""
    unknown = set(values) - set(TABLE_A.names)
    assert not unknown, unknown
    return ",".join(values.get(name, "") for name in TABLE_A.names)


@pytest.fixture(scope="module")
def town_of_five(wired: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Town, RowMaker]:
    """A town with five students for the many examples of a property."""
    made = new_town(tmp_path_factory.mktemp("town"))
    ids = [f"10000{n}" for n in range(1, 6)]
    people = {"last_name": "Lee", "first_name": "Kim", "birth_date": "2007-05-09", "grade": "04"}
    states = [f"000000000{n}" for n in range(1, 6)]
    frame = pl.DataFrame({"local_id": ids, "state_id": states}).with_columns(
        pl.lit(value).alias(name) for name, value in people.items()
    )
    made.load({"students": frame})
    return made, table_a_line
