"""How much one person or program can have going on at once, so that there is room for everyone.

Counted in this process, by session or token. A request counts while it is answered; a download
until it was taken or its connection has ended. Of downloads that are made as they are sent, only
so many are made at once, whoever asks.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial
from threading import Lock

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem

#: How many requests a server answers at once.
THREADS = 8
#: So that a person who asks for as much as they can leaves enough for everyone else.
REQUESTS, DOWNLOADS, MAKING = 6, 4, THREADS // 2
#: Where our server learns what to call when the connection of a request ends. Nobody else's server
#: says so, and there downloads are not counted.
AT_END = "rollcall.at_end"
_TAKEN, _WHOSE = "rollcall.taken", "rollcall.whose"

TOO_MANY_REQUESTS = Codes.add(
    "request.too_many_at_once",
    Severity.ERROR,
    "You have asked for too much at once",
    "Wait until your other pages or requests have been answered, then try again.",
    "the person who asked",
)
TOO_MANY_DOWNLOADS = Codes.add(
    "request.too_many_downloads",
    Severity.ERROR,
    "You have too many downloads going on",
    "Finish or cancel one of them, then try again.",
    "the person who asked",
)
MAKING_OTHERS = Codes.add(
    "request.busy_with_downloads",
    Severity.ERROR,
    "The server is busy preparing other downloads",
    "Try again in a minute.",
    "the person who asked",
)
#: What a TooMany says.
TOO_MANY = (TOO_MANY_REQUESTS, TOO_MANY_DOWNLOADS, MAKING_OTHERS)

#: In how many seconds to ask again.
RETRY_AFTER = "5"


class TooMany(Problem):
    """A person or program asked for more than they can have going on."""


_Free = Callable[[], None]


class Places:
    """Places of which each name can have so many."""

    def __init__(self, most: int, full: str) -> None:
        self._most, self._full = most, full
        self._lock, self._taken = Lock(), Counter[str]()

    def take(self, whose: str) -> _Free:
        """Take a place; call the answer to free it. TooMany when all are taken."""
        with self._lock:
            if self._taken[whose] >= self._most:
                raise TooMany(self._full, f"{self._most} at most")
            self._taken[whose] += 1
        return partial(self._free, [whose])

    def _free(self, remaining: list[str]) -> None:
        with self._lock:
            if remaining:  # more than one place in the code can end it
                self._taken.subtract([remaining.pop()])
                self._taken += Counter()  # forgets who has none


requests = Places(REQUESTS, TOO_MANY_REQUESTS)
downloads = Places(DOWNLOADS, TOO_MANY_DOWNLOADS)
making = Places(MAKING, MAKING_OTHERS)


class ConcurrencyLimits:
    """The middleware that frees what a request took once it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        taken: list[_Free] = request.META.setdefault(_TAKEN, [])
        try:
            return self._get_response(request)
        finally:
            for free in taken:
                free()


def count_request(request: HttpRequest, whose: str) -> None:
    """A request of a session or a token has come: TooMany when it has too many going on."""
    request.META[_WHOSE] = whose
    request.META.setdefault(_TAKEN, []).append(requests.take(whose))


def count_download(request: HttpRequest, answer: HttpResponseBase) -> None:
    """What is sent as it is read is a download: TooMany when there are too many, and the answer is
    closed.
    """
    at_end = request.META.get(AT_END)
    if not answer.streaming or at_end is None or _WHOSE not in request.META:
        return
    closers: list[_Free] = answer._resource_closers  # type: ignore[attr-defined]  # not in the stubs
    try:
        free = downloads.take(request.META[_WHOSE])
        if getattr(answer, "file_to_stream", None) is not None:
            closers.append(free)  # the server closes a file when it was taken
        else:
            at_end(free)
            closers.append(making.take(""))
    except TooMany:
        answer.close()
        raise
