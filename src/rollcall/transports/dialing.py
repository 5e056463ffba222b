"""The first two steps to any server: find its address, and connect. Blocking, with time limits."""

import socket
from concurrent.futures import Future
from threading import Thread
from typing import Any

from rollcall.transports.errors import (
    REFUSED,
    TIMEOUT,
    UNKNOWN_HOST,
    UNREACHABLE,
    TransportError,
)
from rollcall.transports.port import Stage, Watch

_Address = tuple[socket.AddressFamily, tuple[Any, ...]]


def reach(host: str, port: int, timeout: float, watch: Watch) -> socket.socket:
    """A connected socket to the first address of `host` that answers. TransportError if none."""
    watch.stage(Stage.RESOLVE)
    addresses = _resolve(host, port, timeout)
    watch.said(", ".join(dict.fromkeys(str(address[0]) for _, address in addresses)))
    watch.stage(Stage.CONNECT)
    refused: OSError | None = None
    for family, address in addresses:
        try:
            return _connect(family, address, timeout)
        except OSError as error:
            refused = refused or error
    raise _not_connected(refused, f"{host} port {port}") from refused


def _connect(family: socket.AddressFamily, address: tuple[Any, ...], limit: float) -> socket.socket:
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.settimeout(limit)
        found.connect(address)
    except OSError:
        found.close()
        raise
    return found


def _not_connected(error: OSError | None, where: str) -> TransportError:
    match error:
        case ConnectionRefusedError():
            return TransportError(REFUSED, where)
        case TimeoutError():
            return TransportError(TIMEOUT, where)
        case _:
            return TransportError(UNREACHABLE, f"{where}: {error.strerror if error else 'none'}")


def _resolve(host: str, port: int, timeout: float) -> list[_Address]:
    """The addresses of a host. In a thread, for the system's resolver knows no time limit."""
    answer: Future[list[_Address]] = Future()
    Thread(target=_look_up, args=(host, port, answer), daemon=True).start()
    try:
        return answer.result(timeout)
    except TimeoutError:
        raise TransportError(UNKNOWN_HOST, f"{host}: no answer from the name server") from None
    except (OSError, UnicodeError) as error:
        raise TransportError(UNKNOWN_HOST, host) from error


def _look_up(host: str, port: int, answer: "Future[list[_Address]]") -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        answer.set_result([(family, address) for family, _, _, _, address in found])
    except BaseException as error:  # handed to the caller, who waits for it
        answer.set_exception(error)
