"""Lists by key: a page is found by where the last one ended, so the last is as fast as the first.

In the address `before=N` means the items of smaller numbers than N, `after=N` those of larger ones.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, QueryDict

from rollcall.console.frame.asked import number

M = TypeVar("M", bound=Model)

SIZE = 50


@dataclass(frozen=True)
class Page(Generic[M]):
    """Items by number, the largest first. `newer` and `older`: the query of the next pages that
    way, with the filters kept; "" when there is none.
    """

    items: list[M]
    newer: str
    older: str


def page_of(request: HttpRequest, items: QuerySet[M], size: int = SIZE) -> Page[M]:
    """The page of `items` that the address asks for; a number that is none asks for the first."""
    query = request.GET
    before, after = number(query, "before"), number(query, "after")
    if after is not None:
        found = list(items.filter(pk__gt=after).order_by("pk")[: size + 1])
        shown, newer, older = found[:size][::-1], len(found) > size, True
    else:
        ahead = items if before is None else items.filter(pk__lt=before)
        found = list(ahead.order_by("-pk")[: size + 1])
        shown, newer, older = found[:size], before is not None, len(found) > size
    if not shown:
        return Page([], "", "")
    return Page(
        shown,
        _with(query, after=shown[0].pk) if newer else "",
        _with(query, before=shown[-1].pk) if older else "",
    )


def page_before(
    request: HttpRequest, fetch: Callable[[int | None, int], list[M]], size: int = SIZE
) -> Page[M]:
    """The page that the address asks for, of a list that goes one way only, the newest first.

    `fetch(before, limit)` gives its items. "Newer" leads to the first page.
    """
    before = number(request.GET, "before")
    found = fetch(before, size + 1)
    shown = found[:size]
    older = _with(request.GET, before=shown[-1].pk) if len(found) > size else ""
    newer = (_with(request.GET) or "?") if before is not None else ""
    return Page(shown, newer, older)


def every(fetch: Callable[[int | None, int], list[M]], size: int = 1000) -> Iterator[M]:
    """All items of such a list, for its CSV."""
    before: int | None = None
    while found := fetch(before, size):
        yield from found
        before = found[-1].pk


def without_place(query: QueryDict) -> str:
    """The address's filters without its place in the list: for the CSV of the whole list."""
    return _with(query)


def _with(query: QueryDict, **place: int) -> str:
    kept = query.copy()
    for name in ("before", "after"):
        kept.pop(name, None)
    for name, found in place.items():
        kept[name] = str(found)
    return f"?{kept.urlencode()}" if kept else ""
