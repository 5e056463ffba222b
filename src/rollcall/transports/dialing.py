"""The first two steps to any server: find its address, and connect. Blocking, with time limits.

The one place where a name becomes an address: it is looked up once, what was found is checked, and
the connection goes to what was checked. A name that stands for another address a moment later
leads nowhere.
"""

import socket
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from threading import Thread
from typing import Any

from rollcall.core.reach import Reach, kind_of
from rollcall.transports.errors import (
    ADDRESS_NOT_ALLOWED,
    REFUSED,
    TIMEOUT,
    UNKNOWN_HOST,
    UNREACHABLE,
    TransportError,
)
from rollcall.transports.port import Stage, Watch

#: So many addresses of a host are tried. A name may have hundreds, each of which takes the whole
#: time limit when nothing answers there.
_MOST_TRIED = 4

#: Addresses that no machine has, by whether they are of IPv6 (RFC 5737, 3849).
_NOBODYS = {False: "192.0.2.251", True: "2001:db8::fb"}

_Address = tuple[socket.AddressFamily, tuple[Any, ...]]


def dial(host: str, port: int, timeout: float, reach: Reach, watch: Watch) -> socket.socket:
    """A connected socket to the first address of `host` that answers, of the first that `reach`
    allows.

    TransportError if none: code connection.address_not_allowed when none is allowed.
    """
    watch.stage(Stage.RESOLVE)
    addresses = _allowed(host, _resolve(host, port, timeout), reach)
    watch.said(", ".join(dict.fromkeys(str(address[0]) for _, address in addresses)))
    watch.stage(Stage.CONNECT)
    refused: OSError | None = None
    for family, address in addresses[:_MOST_TRIED]:
        try:
            return _connect(family, address, timeout)
        except OSError as error:
            refused = refused or error
    raise _not_connected(refused, f"{host} port {port}") from refused


def literal_addresses(host: str) -> list[str]:
    """The addresses a host is by itself, without asking anybody: of a number in any form a
    computer reads (127.1, 0x7f000001), and of localhost; none of a name.
    """
    plain = host.rstrip(".").lower()
    if plain == "localhost" or plain.endswith(".localhost"):  # RFC 6761
        return ["127.0.0.1", "::1"]
    try:
        entries = socket.getaddrinfo(
            plain, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
        )
    except (OSError, UnicodeError):
        return []
    return [str(address[0]) for *_, address in entries]


def may_reach(address: str, reach: Reach) -> bool:
    """Whether a connection may go to an IP address, from this machine."""
    return reach.allows_address(address, own=_is_own(address))


def _is_own(address: str) -> bool:
    """Whether an address is one of this machine's: only to those can a socket be bound, unless the
    machine was told to let it be bound to any; then the way to it begins at itself.
    """
    own_address = ip_address(address.partition("%")[0])
    plain = str((isinstance(own_address, IPv6Address) and own_address.ipv4_mapped) or own_address)
    if _can_bind(plain) and not _can_bind(_NOBODYS[":" in plain]):
        return True
    with socket.socket(_family(plain), socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect((plain, 9))  # nothing is sent
        return bool(probe.getsockname()[0] == plain)
    return False


def _can_bind(address: str) -> bool:
    with socket.socket(_family(address), socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.bind((address, 0))
        return True
    return False


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def not_allowed(host: str, addresses: Iterable[str]) -> TransportError:
    """The error of a host that stands for addresses that are not allowed; by their kind, since the
    numbers are nobody's business who may not go there.
    """
    kinds = " or ".join(dict.fromkeys(map(_kind, addresses)))
    return TransportError(ADDRESS_NOT_ALLOWED, f"{host} stands for a {kinds} address")


def _kind(address: str) -> str:
    kind = kind_of(address)
    return "local" if kind in ("public", "private") and _is_own(address) else kind


def _allowed(host: str, addresses: list[_Address], reach: Reach) -> list[_Address]:
    allowed = [candidate for candidate in addresses if may_reach(str(candidate[1][0]), reach)]
    if not allowed:
        raise not_allowed(host, (str(address[0]) for _, address in addresses))
    return allowed


def _connect(family: socket.AddressFamily, address: tuple[Any, ...], limit: float) -> socket.socket:
    dialed = socket.socket(family, socket.SOCK_STREAM)
    try:
        dialed.settimeout(limit)
        dialed.connect(address)
    except OSError:
        dialed.close()
        raise
    return dialed


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
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        answer.set_result([(family, address) for family, _, _, _, address in entries])
    except BaseException as error:  # handed to the caller, who waits for it
        answer.set_exception(error)
