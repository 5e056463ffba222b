"""Lists by key: a page is found by where the last one ended, so the last is as fast as the first.

In the address of a list by number, `before=N` means the items below N, `after=N` those above. A
list that is read in one direction, such as a million rows by line, knows only `after`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, QueryDict

from rollcall.console.frame.request_values import number

M = TypeVar("M", bound=Model)

SIZE = 50


@dataclass(frozen=True)
class Page(Generic[M]):
    """Items by number, the largest first. `newer` and `older`: the queries of the pages beside it,
    filters included; "" for none.
    """

    items: list[M]
    newer: str
    older: str


def page_of(request: HttpRequest, items: QuerySet[M], size: int = SIZE) -> Page[M]:
    """The page of `items` that the address asks for; the first unless it says a number."""
    query = request.GET
    before, after = number(query, "before"), number(query, "after")
    if after is not None:
        ascending = list(items.filter(pk__gt=after).order_by("pk")[: size + 1])
        shown, newer, older = ascending[:size][::-1], len(ascending) > size, True
    else:
        below = items if before is None else items.filter(pk__lt=before)
        descending = list(below.order_by("-pk")[: size + 1])
        shown, newer, older = descending[:size], before is not None, len(descending) > size
    if not shown:
        return Page([], "", "")
    return Page(
        shown,
        query_with(query, after=shown[0].pk) if newer else "",
        query_with(query, before=shown[-1].pk) if older else "",
    )


def page_before(
    request: HttpRequest, fetch: Callable[[int | None, int], list[M]], size: int = SIZE
) -> Page[M]:
    """The page that the address asks for, of a list that goes one way only, the newest first.

    `fetch(before, limit)` gives its items. "Newer" leads to the first page.
    """
    before = number(request.GET, "before")
    items = fetch(before, size + 1)
    shown = items[:size]
    older = query_with(request.GET, before=shown[-1].pk) if len(items) > size else ""
    newer = (query_with(request.GET) or "?") if before is not None else ""
    return Page(shown, newer, older)


def every(fetch: Callable[[int | None, int], list[M]], size: int = 1000) -> Iterator[M]:
    """All items of such a list, for its CSV."""
    before: int | None = None
    while items := fetch(before, size):
        yield from items
        before = items[-1].pk


@dataclass(frozen=True)
class ForwardLinks:
    """The queries of the first and of the next page, filters included; "" for none."""

    first: str
    next: str


def after(request: HttpRequest, start: int) -> int:
    """The place behind which the page begins; `start` unless the address says one."""
    place = number(request.GET, "after")
    return start if place is None else place


def forward_links(request: HttpRequest, next_place: int | None) -> ForwardLinks:
    """The links of a page whose next begins behind `next_place` (None: it is the last)."""
    first = (query_with(request.GET) or "?") if "after" in request.GET else ""
    return ForwardLinks(
        first, "" if next_place is None else query_with(request.GET, after=next_place)
    )


def query_with(query: QueryDict, **place: int) -> str:
    """The address's filters, with another place in the list or, for its CSV, with none."""
    changed = query.copy()
    for name in ("before", "after"):
        changed.pop(name, None)
    for name, pk in place.items():
        changed[name] = str(pk)
    return f"?{changed.urlencode()}" if changed else ""
