"""The table of views: the district's own, and those the integrations declare."""

from collections.abc import Iterator

import polars as pl
import pytest

from rollcall.core.plans.views import View, view_of
from rollcall.records import views
from rollcall.records.copying import Database
from rollcall.records.read import view
from rollcall.records.types import PROGRAM
from rollcall.wiring import integrations

LOCKERS = View(
    records=("student",),
    query="SELECT local_id, 'left {{}}' FROM student WHERE district_id = {district}",
    schema={"local_id": pl.String(), "hall": pl.String()},
)


@pytest.fixture(autouse=True)
def table_as_wired() -> Iterator[None]:
    yield
    views.install(integration.own_views for integration in integrations())


def test_an_integration_s_view_is_read_like_the_district_s(conn: Database, district: int) -> None:
    views.install([{"lockers": LOCKERS}, {"programs_again": view_of(PROGRAM)}])
    assert view(conn, "lockers", district, "2016-2017").schema == LOCKERS.schema
    assert view(conn, "programs_again", district, "2016-2017").schema == PROGRAM.schema


@pytest.mark.parametrize("name", ["students", "lockers"])
def test_two_views_of_one_name_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        views.install([{"lockers": LOCKERS}, {name: LOCKERS}])
