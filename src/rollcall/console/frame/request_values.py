"""The values of a request, read in one place: the parts of its address, its query, its form.

What no page could mean is refused before any view sees it: a zero byte, which the database cannot
store, in a form (400), a query (400), a cookie (400) or an address (404); in an address also digits
that are no number of ours, and names longer than any of ours.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.urls import register_converter
from django.urls.converters import IntConverter, StringConverter

from rollcall.core.whole_numbers import whole_number

_API = "/api/"


def number(query: QueryDict, name: str) -> int | None:
    """The number that a query or a form gives under a name; None when it is none."""
    return whole_number(query.get(name, ""))


class NumberPart(IntConverter):
    """A part of an address that is a number of ours: `<number:run>`."""

    regex = "[0-9]{1,18}"


class NamePart(StringConverter):
    """A part of an address that is a name of ours or a file's: `<name:sync>`."""

    regex = r"[^/\x00-\x1f\x7f]{1,255}"


register_converter(NumberPart, "number")
register_converter(NamePart, "name")


class RefuseZeroBytes:
    """The middleware that refuses a request with a zero byte in it.

    The API refuses for itself, in its own form and once the caller is known (`api.callers`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; SuspiciousOperation or Http404 for a zero byte."""
        if request.path_info.startswith(_API):
            return self._get_response(request)
        if "\x00" in request.path_info:
            raise Http404
        _refuse_zeros(*request.COOKIES.values(), *_texts(request.GET))
        return self._get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Refuse a form as well; it is read before, for its token."""
        if not request.path_info.startswith(_API):
            _refuse_zeros(*_texts(request.POST))


def _texts(query: QueryDict) -> Iterable[str]:
    for name, values in query.lists():
        yield name
        yield from map(str, values)


def _refuse_zeros(*texts: str) -> None:
    if any("\x00" in text for text in texts):
        raise SuspiciousOperation("a zero byte in a request")
