"""Many requests at once to one API, over libcurl: connections are reused, with little work each."""

import socket
import ssl
from collections import deque
from collections.abc import Iterable, Mapping
from time import monotonic, sleep
from typing import Any

import pycurl

from rollcall.core.problems import words
from rollcall.core.reach import Reach
from rollcall.transports.certificates import machine_authorities
from rollcall.transports.dialing import may_reach, not_allowed
from rollcall.transports.errors import (
    ADDRESS_NOT_ALLOWED,
    ANSWER_TOO_LARGE,
    CA_FILE,
    CERTIFICATE,
    LOST,
    PROTOCOL,
    REFUSED,
    TIMEOUT,
    UNKNOWN_HOST,
)
from rollcall.transports.http_messages import Answer, Request
from rollcall.transports.settings import HttpSettings

#: Most bytes of an answer, and of all answers under way; a page of 500 documents has about one
#: million. Parsed JSON takes 25 times its memory.
_LONGEST, _LONGEST_TOGETHER = 16 << 20, 64 << 20
#: Most requests under way at once; others wait here.
_MOST = 256
#: Most seconds of one wait for libcurl.
_SLICE = 0.02
#: With this many under way, answers within this many seconds are read together: libcurl checks
#: every connection each time, and the API has work meanwhile. Not if an answer takes `_SLOW`
#: seconds: then all requests would soon go out together, and wait for one another.
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
#: For these, libcurl's text has nothing that a server could have written.
_OUR_OWN = (UNKNOWN_HOST, REFUSED, TIMEOUT, CERTIFICATE)
#: libcurl's errors by their names in its manual, for those whose text can quote the server.
_NAMES = {
    value: name.removeprefix("E_").replace("_", " ").lower()
    for name, value in vars(pycurl).items()
    if name.startswith("E_")
}
_NO_SOCKET: int = pycurl.SOCKET_BAD


class HttpClient:
    """Requests to the API of one connection, answered in any order.

    Connections go only to addresses that `reach` allows: each is checked when libcurl is about to
    connect to it, so that no other look-up of the name comes in between. TLS is verified; no
    redirect is followed, no proxy, cookie or password file of this machine is used. For one thread.
    No connection error is raised: then the answer has status 0, and `error` is a finding code
    (connection.*), ": " and the library's text, without secrets or a server's words. An answer's
    `seconds` are the server's: without connecting, which is not slowness of the server.
    """

    def __init__(self, settings: HttpSettings, reach: Reach) -> None:
        self.settings, self._reach = settings, reach
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, _MOST)
        self._free: list[_Slot] = []
        self._busy: dict[Any, _Slot] = {}
        self._waiting: deque[tuple[object, Request, str]] = deque()
        self._room = _Room()
        self._took = 0.0  # seconds, by the last answer

    def send(self, tag: object, request: Request, token: str = "") -> None:
        """Queue a request, signed with a token; `tag` comes back with its answer."""
        if len(self._busy) < _MOST:
            self._begin(tag, request, token)
        else:
            self._waiting.append((tag, request, token))

    def poll(self, seconds: float) -> list[tuple[object, Answer]]:
        """Work the connections until there are answers or the time is over."""
        until = monotonic() + seconds
        while not (answers := self._work()):
            remaining = until - monotonic()
            if remaining <= 0:
                break
            if self._busy:
                self._multi.select(min(remaining, _SLICE))
                if len(self._busy) >= _MANY and self._took < _SLOW:
                    sleep(_TOGETHER)
            else:
                sleep(remaining)
        return answers

    @property
    def under_way(self) -> int:
        """How many requests have no answer yet."""
        return len(self._busy) + len(self._waiting)

    def close(self) -> None:
        """End all connections; requests without an answer are given up. Can be called twice."""
        for curl in self._busy:
            self._multi.remove_handle(curl)
        for slot in (*self._busy.values(), *self._free):
            slot.close()
        self._busy, self._free = {}, []
        self._waiting.clear()
        self._multi.close()

    def _begin(self, tag: object, request: Request, token: str) -> None:
        slot = self._free.pop() if self._free else _Slot(self.settings, self._reach, self._room)
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
            answers += [self._done(curl, number, reason) for curl, number, reason in bad]
        while self._waiting and len(self._busy) < _MOST:
            self._begin(*self._waiting.popleft())
        return answers

    def _done(self, curl: Any, number: int, reason: str) -> tuple[object, Answer]:
        slot = self._busy.pop(curl)
        answered = slot.answer(number, reason)
        self._took = answered[1].seconds
        self._multi.remove_handle(curl)
        self._free.append(slot)
        return answered


class _Room:
    """How many more bytes the answers under way can have."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = _LONGEST_TOGETHER


class _Slot:
    """One easy handle, used again and again, with its present request."""

    __slots__ = (
        "_address",
        "_body",
        "_closed",
        "_head",
        "_host",
        "_lines",
        "_method",
        "_opened",
        "_reach",
        "_room",
        "_tag",
        "curl",
    )

    def __init__(self, settings: HttpSettings, reach: Reach, room: _Room) -> None:
        self.curl = pycurl.Curl()
        self._reach = reach
        self._address, self._host = settings.url.encode(), settings.place[0]
        self._closed: list[str] = []  # addresses that were not allowed
        self._opened: list[socket.socket] = []  # to those that were; libcurl has copies
        self._tag: object = None
        self._lines: list[bytes] = []
        self._body = bytearray()  # blocks by themselves would take more memory than they have
        self._room = room
        self._method = ""
        self._head: tuple[str, Mapping[str, str]] | None = None
        for option, value in _options(settings).items():
            self.curl.setopt(option, value)
        self.curl.setopt(pycurl.HEADERFUNCTION, self._lines.append)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._block)
        self.curl.setopt(pycurl.OPENSOCKETFUNCTION, self._socket)

    def ask(self, tag: object, request: Request, token: str) -> None:
        """Prepare the handle for a request; options that stay the same are not set again."""
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

    def answer(self, number: int, reason: str) -> tuple[object, Answer]:
        """The request's tag and its answer; `number` is libcurl's error, 0 if there is none."""
        curl, tag = self.curl, self._tag
        seconds = curl.getinfo(pycurl.TOTAL_TIME)
        headers = _headers(self._lines)
        if number:
            answer = Answer(0, {}, b"", seconds, self._trouble(number, reason))
        elif headers is None:
            answer = Answer(0, {}, b"", seconds, f"{LOST}: the answer ended within its head")
        else:
            status = curl.getinfo(pycurl.RESPONSE_CODE)
            seconds -= curl.getinfo(pycurl.PRETRANSFER_TIME)  # connecting, where it had to
            answer = Answer(status, headers, bytes(self._body), seconds)
        self._tag = None
        self._forget_sockets()
        self._lines.clear()
        self._room.left += len(self._body)
        self._body = bytearray()
        return tag, answer

    def _trouble(self, number: int, reason: str) -> str:
        """Why there is no answer, as `Answer.error` has it."""
        if number == pycurl.E_COULDNT_CONNECT and self._closed and not self._opened:
            return f"{ADDRESS_NOT_ALLOWED}: {not_allowed(self._host, self._closed).detail}"
        code = _CODES.get(number, LOST)
        return f"{code}: {words(reason) if code in _OUR_OWN else _NAMES.get(number, '')}"

    def _socket(self, purpose: int, to: tuple[int, int, int, Any]) -> socket.socket | int:
        """A socket for libcurl to connect to an address with; none if it is not allowed."""
        family, kind, protocol, address = to
        if family not in (socket.AF_INET, socket.AF_INET6):
            return _NO_SOCKET
        if not may_reach(str(address[0]), self._reach):
            self._closed.append(str(address[0]))
            return _NO_SOCKET
        self._opened.append(socket.socket(family, kind, protocol))
        return self._opened[-1]

    def _forget_sockets(self) -> None:
        for opened in self._opened:
            opened.close()
        self._opened.clear()
        self._closed.clear()

    def close(self) -> None:
        """End it, with or without a request."""
        self._forget_sockets()
        self.curl.close()

    def _block(self, data: bytes) -> int:
        """Take a part of the body, unpacked; 0 ends an answer that is too long."""
        if len(self._body) + len(data) > _LONGEST or len(data) > self._room.left:
            return 0
        self._room.left -= len(data)
        self._body += data
        return len(data)


def _options(settings: HttpSettings) -> dict[int, object]:
    """The options of every request. Trusted are this machine's authorities, which the wheel's
    libcurl does not find itself, and the one in the settings.
    """
    limit = settings.timeout_seconds
    paths = ssl.get_default_verify_paths()
    trusted: dict[int, object] = {pycurl.CAINFO: paths.cafile, pycurl.CAPATH: paths.capath}
    if further := settings.ca_certificate:  # instead of the file: libcurl takes one of the two
        authorities = b"\n".join((machine_authorities(), further.encode()))
        trusted = {pycurl.CAINFO_BLOB: authorities, pycurl.CAPATH: paths.capath}
    return {
        pycurl.NOSIGNAL: 1,
        pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_2TLS,
        pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
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
        **{option: value for option, value in trusted.items() if value},
    }


def _lines(token: str, headers: Mapping[str, str]) -> list[bytes]:
    """Headers as they are sent. With an empty Expect libcurl sends a long body without asking."""
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return [line.encode() for line in (*lines, "Expect:")]


def _headers(lines: Iterable[bytes]) -> dict[str, str] | None:
    """Header lines as name (lower case) to value; of several answers (100, then 200) the last.

    None without the empty line that ends a head: libcurl treats a connection that was lost within
    the head as an answer.
    """
    headers: dict[str, str] = {}
    complete = False
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            headers[name.lower()] = value.strip()
        elif line.startswith(b"HTTP/"):
            headers, complete = {}, False
        else:
            complete = complete or not line.strip()
    return headers if complete else None
