"""Lists that are read in one direction, such as a million rows by line: the page after this one.

In the address `after=N` means what comes behind place N; nothing is ever counted or skipped over.
"""

from dataclasses import dataclass

from django.http import HttpRequest, QueryDict

from rollcall.console.frame.asked import number


@dataclass(frozen=True)
class Onward:
    """The queries of the first and of the next page, with the filters kept; "" for none."""

    first: str
    next: str


def after(request: HttpRequest, start: int) -> int:
    """Behind which place the page begins; `start` when the address does not say."""
    place = number(request.GET, "after")
    return start if place is None else place


def onward(request: HttpRequest, next_place: int | None) -> Onward:
    """The way on from a page whose next begins behind `next_place` (None: it is the last)."""
    further = "" if next_place is None else query(request.GET, after=next_place)
    back = query(request.GET) or "?"
    return Onward(back if "after" in request.GET else "", further)


def query(given: QueryDict, **parts: str | int) -> str:
    """The address's query without its place in the list, with some parts set ("" takes one out)."""
    kept = given.copy()
    kept.pop("after", None)
    for name, value in parts.items():
        kept[name] = str(value)
        if value == "":
            del kept[name]
    return f"?{kept.urlencode()}" if kept else ""
