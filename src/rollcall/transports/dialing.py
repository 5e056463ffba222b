"""The first two steps to any server: find its address, and connect. Blocking, with time limits.

The one place where a name becomes an address: it is looked up once, the addresses are checked, and
the connection goes to a checked address. A name that has another address a moment later cannot lead
elsewhere.
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

#: The most addresses of a host that are tried. A name can have hundreds, and each takes the full
#: time limit if nothing answers there.
_MOST_TRIED = 4

#: Addresses that no machine has, by whether they are of IPv6 (RFC 5737, 3849).
_UNUSED = {False: "192.0.2.251", True: "2001:db8::fb"}

_Address = tuple[socket.AddressFamily, tuple[Any, ...]]


def dial(host: str, port: int, timeout: float, reach: Reach, watch: Watch) -> socket.socket:
    """A connected socket to the first address of `host` that answers, of the first that `reach`
    allows.

    TransportError if none: code connection.address_not_allowed when none is allowed.
    """
    watch.stage(Stage.RESOLVE)
    addresses = _resolve(host, port, timeout)
    allowed = [(family, to) for family, to in addresses if may_reach(str(to[0]), reach)]
    if not allowed:
        raise not_allowed(host, (str(to[0]) for _, to in addresses))
    watch.note(", ".join(dict.fromkeys(str(to[0]) for _, to in allowed)))
    watch.stage(Stage.CONNECT)
    refused: OSError | None = None
    for family, to in allowed[:_MOST_TRIED]:
        try:
            return _connect(family, to, timeout)
        except OSError as error:
            refused = refused or error
    where = f"{host} port {port}"
    if isinstance(refused, ConnectionRefusedError | TimeoutError):
        code = TIMEOUT if isinstance(refused, TimeoutError) else REFUSED
        raise TransportError(code, where) from refused
    reason = refused.strerror if refused else "none"
    raise TransportError(UNREACHABLE, f"{where}: {reason}") from refused


def literal_addresses(host: str) -> list[str]:
    """The addresses of a host without a look-up: of a number in any form that computers read
    (127.1, 0x7f000001), and of localhost; none of a name.
    """
    plain = host.rstrip(".").lower()
    if plain == "localhost" or plain.endswith(".localhost"):  # RFC 6761
        return ["127.0.0.1", "::1"]
    try:
        numeric = socket.getaddrinfo(
            plain, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
        )
    except (OSError, UnicodeError):
        return []
    return [str(address[0]) for *_, address in numeric]


def may_reach(address: str, reach: Reach) -> bool:
    """Whether a connection from this machine may go to an IP address."""
    return reach.allows_address(address, own=_is_own(address))


def _is_own(address: str) -> bool:
    """Whether an address is one of this machine's. A socket can be bound only to those, unless the
    machine allows any address; then a connection to its own address starts from that address.
    """
    own_address = ip_address(address.partition("%")[0])
    plain = str((isinstance(own_address, IPv6Address) and own_address.ipv4_mapped) or own_address)
    if _can_bind(plain) and not _can_bind(_UNUSED[":" in plain]):
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
    """The error of a host whose addresses are not allowed. It has their kind only: the numbers are
    not shown to a person who may not connect to them.
    """
    kinds = {
        "local" if kind in ("public", "private") and _is_own(address) else kind: None
        for address, kind in ((address, kind_of(address)) for address in addresses)
    }
    return TransportError(ADDRESS_NOT_ALLOWED, f"{host} stands for a {' or '.join(kinds)} address")


def _connect(family: socket.AddressFamily, address: tuple[Any, ...], limit: float) -> socket.socket:
    dialed = socket.socket(family, socket.SOCK_STREAM)
    try:
        dialed.settimeout(limit)
        dialed.connect(address)
    except OSError:
        dialed.close()
        raise
    return dialed


def _resolve(host: str, port: int, timeout: float) -> list[_Address]:
    """The addresses of a host. In a thread, since the system's resolver has no time limit."""
    answer: Future[list[_Address]] = Future()

    def look_up() -> None:
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.set_result([(family, address) for family, _, _, _, address in addresses])
        except BaseException as error:  # handed to the caller, who waits for it
            answer.set_exception(error)

    Thread(target=look_up, daemon=True).start()
    try:
        return answer.result(timeout)
    except TimeoutError:
        raise TransportError(UNKNOWN_HOST, f"{host}: no answer from the name server") from None
    except (OSError, UnicodeError) as error:
        raise TransportError(UNKNOWN_HOST, host) from error
