"""Lists by key: every item is on one page, whichever way one goes; filters are kept."""

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from tests.town import Town

from rollcall.console.frame.paging import Page, page_of
from rollcall.engine.models import Run
from rollcall.engine.runs.starting import start


def ask(query: str, town: Town, size: int = 2) -> Page[Run]:
    request = RequestFactory().get("/" + query)
    return page_of(request, Run.objects.filter(district=town.district), size)


@pytest.fixture
def numbers(town: Town) -> list[int]:
    """The numbers of five runs, the newest first."""
    runs = [start(town.sync, town.clock, by="person", test=True) for _ in range(5)]
    return sorted((run.pk for run in runs), reverse=True)


def test_going_on_shows_every_item_once(town: Town, numbers: list[int]) -> None:
    seen, query = [], ""
    for _ in range(3):
        page = ask(query, town)
        seen += [run.pk for run in page.items]
        query = page.older
    assert (seen, query) == (numbers, "")


def test_going_back_leads_to_the_same_pages(town: Town, numbers: list[int]) -> None:
    second = ask(ask("", town).older, town)
    back = ask(second.newer, town)
    assert [run.pk for run in back.items] == numbers[:2]
    assert (back.newer, bool(back.older)) == ("", True)
    assert [run.pk for run in ask(back.older, town).items] == numbers[2:4]


def test_filters_are_kept(town: Town, numbers: list[int]) -> None:
    older = QueryDict(ask("?sync=casemis&state=queued", town).older.lstrip("?"))
    assert (older["sync"], older["state"], older["before"]) == (
        "casemis", "queued", str(numbers[1]),
    )  # fmt: skip


@pytest.mark.parametrize("nonsense", ["x", "-1", "", "٣", "9" * 40])
def test_a_number_that_is_none_asks_for_the_first_page(
    nonsense: str, town: Town, numbers: list[int]
) -> None:
    assert [run.pk for run in ask(f"?before={nonsense}", town).items] == numbers[:2]


def test_an_empty_list_has_no_pages(town: Town) -> None:
    assert ask("", town) == Page([], "", "")
