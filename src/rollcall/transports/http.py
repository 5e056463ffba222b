"""Many requests at once to one API, over libcurl: connections re-used, little work per request."""

import ssl
from collections import deque
from collections.abc import Iterable, Mapping
from threading import Event
from time import monotonic, sleep
from typing import Any

import pycurl

from rollcall.core.outbound import Answer, Request
from rollcall.core.problems import words
from rollcall.transports.errors import (
    ANSWER_TOO_LARGE,
    CA_FILE,
    CERTIFICATE,
    LOST,
    PROTOCOL,
    REFUSED,
    TIMEOUT,
    UNKNOWN_HOST,
)
from rollcall.transports.settings import HttpSettings

#: Bytes of an answer; a page of 500 documents has about one million.
_LONGEST = 64 << 20
#: Requests on their way at once; what is sent beyond waits here.
_MOST = 256
#: Seconds after which `poll` looks whether it was woken, while answers are awaited.
_SLICE = 0.02
#: With so many under way, answers that come within so many seconds are read together: libcurl looks
#: at every connection each time, and the API has enough to do meanwhile. Not where an answer takes
#: `_SLOW` seconds: there all would soon be asked for together, and wait for one another.
_MANY, _TOGETHER, _SLOW = 8, 0.001, 0.010
_CONNECT_SECONDS = 10.0

_CODES = {
    pycurl.E_COULDNT_RESOLVE_HOST: UNKNOWN_HOST,
    pycurl.E_COULDNT_CONNECT: REFUSED,
    pycurl.E_OPERATION_TIMEDOUT: TIMEOUT,
    pycurl.E_PEER_FAILED_VERIFICATION: CERTIFICATE,
    pycurl.E_SSL_CACERT_BADFILE: CA_FILE,
    pycurl.E_SSL_CONNECT_ERROR: PROTOCOL,
    pycurl.E_FTP_WEIRD_SERVER_REPLY: PROTOCOL,  # its older name; of HTTP too
    pycurl.E_UNSUPPORTED_PROTOCOL: PROTOCOL,
    pycurl.E_BAD_CONTENT_ENCODING: PROTOCOL,
    pycurl.E_URL_MALFORMAT: PROTOCOL,
    pycurl.E_HTTP2: PROTOCOL,
    pycurl.E_WRITE_ERROR: ANSWER_TOO_LARGE,
    pycurl.E_FILESIZE_EXCEEDED: ANSWER_TOO_LARGE,
}


class HttpClient:
    """Requests to the API of one connection, answered in any order.

    TLS is verified; no redirect is followed, no proxy, cookie or password file of this machine is
    used. For one thread; only `wake` may be called from another. No connection error is raised: the
    answer has status 0 then, and `error` is a finding code (connection.*), ": " and what the
    library said, which never has a secret in it. An answer's `seconds` are those of the server:
    without connecting, which a pace must not take for slowness.
    """

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, _MOST)
        self._free: list[_Slot] = []
        self._busy: dict[Any, _Slot] = {}
        self._waiting: deque[tuple[object, Request, str]] = deque()
        self._woken = Event()
        self._took = 0.0  # seconds, by the last answer

    def send(self, tag: object, request: Request, token: str = "") -> None:
        """Queue a request, signed with a token; `tag` comes back with its answer."""
        if len(self._busy) < _MOST:
            self._begin(tag, request, token)
        else:
            self._waiting.append((tag, request, token))

    def poll(self, seconds: float) -> list[tuple[object, Answer]]:
        """Work the connections until answers are there, `wake` is called or the time is over."""
        until = monotonic() + seconds
        while not (answers := self._work()) and not self._woken.is_set():
            left = until - monotonic()
            if left <= 0:
                break
            if self._busy:
                self._multi.select(min(left, _SLICE))
                if len(self._busy) >= _MANY and self._took < _SLOW:
                    sleep(_TOGETHER)
            else:
                self._woken.wait(left)
        self._woken.clear()
        return answers

    @property
    def under_way(self) -> int:
        """How many requests have no answer yet."""
        return len(self._busy) + len(self._waiting)

    def wake(self) -> None:
        """End a `poll` that waits in another thread; within 20 ms while answers are awaited."""
        self._woken.set()

    def close(self) -> None:
        """End all connections; requests without an answer are given up. May be called twice."""
        for curl in self._busy:
            self._multi.remove_handle(curl)
        for slot in (*self._busy.values(), *self._free):
            slot.curl.close()
        self._busy, self._free = {}, []
        self._waiting.clear()
        self._multi.close()

    def _begin(self, tag: object, request: Request, token: str) -> None:
        slot = self._free.pop() if self._free else _Slot(self._settings)
        slot.ask(tag, request, token)
        self._busy[slot.curl] = slot
        self._multi.add_handle(slot.curl)

    def _work(self) -> list[tuple[object, Answer]]:
        if not self._busy:
            return []
        self._multi.perform()
        answers = []
        more = 1
        while more:
            more, good, bad = self._multi.info_read()
            answers += [self._done(curl, 0, "") for curl in good]
            answers += [self._done(curl, number, said) for curl, number, said in bad]
        while self._waiting and len(self._busy) < _MOST:
            self._begin(*self._waiting.popleft())
        return answers

    def _done(self, curl: Any, number: int, said: str) -> tuple[object, Answer]:
        slot = self._busy.pop(curl)
        answered = slot.answer(number, said)
        self._took = answered[1].seconds
        self._multi.remove_handle(curl)
        self._free.append(slot)
        return answered


class _Slot:
    """One easy handle, used again and again, with the request it carries now."""

    __slots__ = ("_address", "_blocks", "_head", "_lines", "_method", "_room", "_tag", "curl")

    def __init__(self, settings: HttpSettings) -> None:
        self.curl = pycurl.Curl()
        self._address = settings.url.encode()
        self._tag: object = None
        self._lines: list[bytes] = []
        self._blocks: list[bytes] = []
        self._room = _LONGEST
        self._method = ""
        self._head: tuple[str, Mapping[str, str]] | None = None
        for option, value in _options(settings).items():
            self.curl.setopt(option, value)
        self.curl.setopt(pycurl.HEADERFUNCTION, self._lines.append)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._block)

    def ask(self, tag: object, request: Request, token: str) -> None:
        """Make the handle ready for a request; what is as it was is not set again."""
        curl = self.curl
        self._tag = tag
        curl.setopt(pycurl.URL, self._address + request.path.encode())
        if request.body is not None:
            curl.setopt(pycurl.POSTFIELDS, request.body)
        elif self._method != request.method:
            curl.setopt(pycurl.HTTPGET, 1)
        if self._method != request.method:
            curl.setopt(pycurl.CUSTOMREQUEST, request.method)
            self._method = request.method
        if self._head != (token, request.headers):
            curl.setopt(pycurl.HTTPHEADER, _lines(token, request.headers))
            self._head = (token, request.headers)

    def answer(self, number: int, said: str) -> tuple[object, Answer]:
        """The request's tag and its answer; `number` is libcurl's error, 0 when there is none."""
        curl, tag = self.curl, self._tag
        seconds = curl.getinfo(pycurl.TOTAL_TIME)
        headers = _headers(self._lines)
        if number:
            found = Answer(0, {}, b"", seconds, f"{_CODES.get(number, LOST)}: {words(said)}")
        elif headers is None:
            found = Answer(0, {}, b"", seconds, f"{LOST}: the answer ended within its head")
        else:
            status = curl.getinfo(pycurl.RESPONSE_CODE)
            seconds -= curl.getinfo(pycurl.PRETRANSFER_TIME)  # connecting, where it had to
            found = Answer(status, headers, b"".join(self._blocks), seconds)
        self._tag = None
        self._lines.clear()
        self._blocks.clear()
        self._room = _LONGEST
        return tag, found

    def _block(self, data: bytes) -> int:
        """Take a part of the body as it is after unpacking; 0 ends what does not end."""
        self._room -= len(data)
        if self._room < 0:
            return 0
        self._blocks.append(data)
        return len(data)


def _options(settings: HttpSettings) -> dict[int, object]:
    """What every request has in common."""
    limit = settings.timeout_seconds
    options = {
        pycurl.NOSIGNAL: 1,
        pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_2TLS,
        pycurl.PROXY: "",  # none, whatever the environment says
        pycurl.FOLLOWLOCATION: 0,
        pycurl.ACCEPT_ENCODING: "",  # all that libcurl unpacks
        pycurl.USERAGENT: "rollcall",
        pycurl.TCP_KEEPALIVE: 1,
        pycurl.CONNECTTIMEOUT_MS: int(1000 * min(limit, _CONNECT_SECONDS)),
        pycurl.TIMEOUT_MS: max(1, int(1000 * limit)),
        pycurl.MAXFILESIZE_LARGE: _LONGEST,
        pycurl.SSL_VERIFYPEER: 1,
        pycurl.SSL_VERIFYHOST: 2,
        pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,
    }
    return options | _trusted(settings.ca_file)


def _trusted(ca_file: str | None) -> dict[int, object]:
    """The authorities this machine trusts, which the wheel's libcurl does not know by itself, and
    the one in the settings.
    """
    known = ssl.get_default_verify_paths()
    found = {pycurl.CAINFO: ca_file or known.cafile, pycurl.CAPATH: known.capath}
    return {option: value for option, value in found.items() if value}


def _lines(token: str, headers: Mapping[str, str]) -> list[bytes]:
    """Headers as they are sent. An empty Expect keeps libcurl from asking before a long body."""
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return [line.encode() for line in (*lines, "Expect:")]


def _headers(lines: Iterable[bytes]) -> dict[str, str] | None:
    """Header lines as name (lower case) to value; of several answers (100, then 200) the last.

    None without the empty line that ends a head: libcurl takes a connection that was lost within
    the head for an answer.
    """
    found: dict[str, str] = {}
    whole = False
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            found[name.lower()] = value.strip()
        elif line.startswith(b"HTTP/"):
            found, whole = {}, False
        else:
            whole = whole or not line.strip()
    return found if whole else None
