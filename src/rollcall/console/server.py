"""The web server process: Waitress, changed so that it waits for no reader.

A thread makes an answer and goes on to the next; one more thread sends the answers, as fast as each
reader takes them. A stored file is read while it is sent. An answer that is made while it is sent
waits on the disk. See docs/decisions/0024-slow-readers.md.
"""

import os
import resource
import sys
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask

from rollcall.access.concurrency_limits import AT_END, THREADS
from rollcall.engine.settings.installation_settings import limits

#: A thread keeps its database connection this many seconds: making one costs more than a page.
_CONNECTION_AGE = 600
#: A body that exceeds the upload limit by no more than this gets a page of ours.
_MARGIN = 256 << 20
#: A thread that computes lets others go on after so many seconds: a short answer takes ten turns.
_SWITCH = 0.0005
#: So much is sent to one reader before the others have their turn.
_A_TURN = 256 << 10
#: What waits for a reader is kept in memory up to this size, then on the disk.
_IN_MEMORY = 64 << 10
#: A connection on which nothing was taken or sent for so many seconds is closed.
_PATIENCE = 60
#: Further connections wait until one is closed. Each may have a file open beside its socket.
_CONNECTIONS = 1_000
_FILES = 3 * _CONNECTIONS
_HEALTH = "/health"
#: How a browser reaches a server that listens on every address.
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked up, not listened on


def serve(at: "Listening") -> None:
    """Serve the pages until stopped."""
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _FILES if limit == resource.RLIM_INFINITY else min(_FILES, limit)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, limit))
    connections.settings["default"] |= {"CONN_MAX_AGE": _CONNECTION_AGE, "CONN_HEALTH_CHECKS": True}
    sys.setswitchinterval(_SWITCH)
    at.run()
    at.stop()


class _Task(WSGITask):
    """A request; the pages can ask to be called when its connection ends."""

    def get_environment(self) -> dict[str, Any]:
        """See WSGITask."""
        channel = self.channel
        assert isinstance(channel, _Channel)
        return super().get_environment() | {AT_END: channel.ends.append}

    @property
    def has_body(self) -> bool:
        """Whether a body is sent; not for a HEAD request."""
        return super().has_body and self.get_environment()["REQUEST_METHOD"] != "HEAD"


class _Channel(HTTPChannel):
    """A connection. `ends` is called when it is closed, whoever closed it."""

    task_class = _Task

    def __init__(self, *args: Any, **how: Any) -> None:
        self.ends: list[Callable[[], None]] = []
        self._sent = 0
        super().__init__(*args, **how)
        self.sendbuf_len = min(self.sendbuf_len, _A_TURN)  # so much is read of a file at a time

    def _flush_some(self, do_close: bool = True) -> bool:
        self._sent = 0
        return bool(super()._flush_some(do_close))  # type: ignore[misc]  # not in the stubs

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Send what the reader takes, and nothing when this turn is over."""
        if self._sent >= _A_TURN:
            return 0
        sent: int = super().send(data, do_close)
        self._sent += sent
        return sent

    def handle_close(self) -> None:
        """See HTTPChannel."""
        super().handle_close()
        while self.ends:
            self.ends.pop()()


class _Threads(ThreadedTaskDispatcher):
    """Threads that let their database connection go when they end."""

    def handler_thread(self, thread_no: int) -> None:
        """See ThreadedTaskDispatcher."""
        try:
            super().handler_thread(thread_no)
        finally:
            connections.close_all()


class Listening(TcpWSGIServer):
    """The server at one address, listening but not serving yet."""

    channel_class = _Channel

    def __init__(self, *args: Any, health: ThreadedTaskDispatcher, **how: Any) -> None:
        self._for_health = health
        super().__init__(*args, **how)

    @property
    def address(self) -> str:
        """Where the pages are for a browser on this machine."""
        assert self.socket is not None
        host, port = self.socket.getsockname()[:2]
        name = _LOOPBACK.get(host, host)
        return f"http://{f'[{name}]' if ':' in name else name}:{port}"

    def add_task(self, task: Any) -> None:
        """Have a thread answer. The health check has its own thread: it waits behind no page."""
        health = task.requests[0].path == _HEALTH
        (self._for_health if health else self.task_dispatcher).add_task(task)

    def maintenance(self, now: float) -> None:
        """Close connections on which nothing has happened; also those whose reader takes nothing,
        which Waitress would close when their reader takes something.
        """
        channels: dict[int, HTTPChannel] = self.active_channels  # type: ignore[assignment]  # stubs
        for channel in list(channels.values()):
            if not channel.requests and channel.last_activity < now - self.adj.channel_timeout:
                channel.handle_close()

    def stop(self, seconds: int = 5) -> None:
        """End; what is under way has so many seconds."""
        self.task_dispatcher.shutdown(timeout=seconds)
        self._for_health.shutdown(timeout=seconds)


def listening(host: str, port: int) -> Listening:
    """The server, listening but not serving yet; port 0 takes any that is free. OSError when it
    cannot listen there.
    """
    adjustments = Adjustments(
        host=host,
        port=port,
        ident=None,
        threads=THREADS,
        # A little more than the upload limit, so that a page of ours says what is too large.
        max_request_body_size=limits().upload_bytes + _MARGIN,
        outbuf_overflow=_IN_MEMORY,
        # No thread waits until a reader has taken what it made.
        outbuf_high_watermark=1 << 50,
        channel_timeout=_PATIENCE,
        cleanup_interval=_PATIENCE // 4,
        connection_limit=_CONNECTIONS,
        asyncore_use_poll=True,  # select() knows no more than 1,024 files
        **_proxies(),
    )
    threads, health = _Threads(), _Threads()
    shared: dict[str, Any] = {"map": {}, "dispatcher": threads, "health": health}
    application = _without_body_for_head(get_wsgi_application())
    # A name may have several addresses; the first one's loop serves them all.
    first, *_ = [
        Listening(application, adj=adjustments, sockinfo=address, **shared)
        for address in adjustments.listen
    ]
    threads.set_thread_count(THREADS)
    health.set_thread_count(1)
    if not os.environ.get("ROLLCALL_URL"):
        settings.ROLLCALL_URL = first.address
    return first


def _without_body_for_head(application: WSGIApplication) -> WSGIApplication:
    """The application; for a HEAD request no body is made."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = application(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return body
        if (close := getattr(body, "close", None)) is not None:
            close()
        return []

    return answer


def _proxies() -> dict[str, Any]:
    """Which proxies are trusted, and for which headers. All other addresses and headers (such as
    X-Forwarded-Host) are not.
    """
    if not settings.ROLLCALL_PROXIES:
        return {}
    return {
        "trusted_proxy": settings.ROLLCALL_PROXY_ADDRESS,
        "trusted_proxy_count": settings.ROLLCALL_PROXIES,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
    }
