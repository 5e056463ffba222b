"""What a district's connections may reach: folders of this machine, and addresses. Pure.

Whoever runs the server allows it, never the district itself: what a district names must not lead
to another district's files, to Rollcall's own state, or to services of the server's own network.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: Words for networks that everybody has (RFC 1918, 4193, 6598; RFC 1122; RFC 3927, 4291).
NAMED: dict[str, tuple[str, ...]] = {
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"),
    "loopback": ("127.0.0.0/8", "::1/128"),
    "link-local": ("169.254.0.0/16", "fe80::/10"),
}
#: Where a hosting company's machines ask for their own credentials: AWS, Google and Azure; Azure's
#: second; Alibaba; Oracle; AWS. Allowed by the very address only, never by a network around it.
_METADATA = tuple(
    ip_address(reserved)
    for reserved in (
        "169.254.169.254",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "fd00:ec2::254",
    )
)
#: Not public, whatever this version of Python says (RFC 6890, 9637); and of IPv6 all but what was
#: given out as public (RFC 4291, 2.4), so neither what stands for IPv4 in other ways (RFC 8215,
#: 7915) nor what anybody makes of the rest (RFC 9602).
_NOT_PUBLIC = tuple(map(ip_network, ("192.0.0.0/24", "3fff::/20")))
_GIVEN_OUT = ip_network("2000::/3")
#: IPv6 addresses that stand for an IPv4 one in their last four bytes (RFC 6052; RFC 4291, 2.5.5.1,
#: where the smallest numbers are addresses of their own, such as ::1).
_EMBEDDING = (ip_network("64:ff9b::/96"), ip_network("::/96"))
_OWN = 0xFFFF
_LOOPBACK = ip_address("127.0.0.1")


@dataclass(frozen=True)
class Reach:
    """What may be reached.

    `folders`: whole paths with their links resolved; what lies below is allowed too, but for what
    is hidden. `closed`: the same, refused whatever `folders` says. `networks`: what is allowed
    beside public addresses. `itself`: this machine's own addresses are as others. `everything`: all
    of it, whatever the others say.
    """

    folders: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    itself: bool = False
    everything: bool = False

    def allows_path(self, real: str) -> bool:
        """Whether a file or folder may be used; `real` is its whole path, its links resolved."""
        if self.everything:
            return True
        ways = (_below(real, folder) for folder in self.folders)
        below = any(
            way is not None and not any(part.startswith(".") for part in way) for way in ways
        )
        return below and not self.closes(real)

    def closes(self, real: str) -> bool:
        """Whether a path is one of those that nobody can allow."""
        return any(_below(real, closed) is not None for closed in self.closed)

    def allows_address(self, address: str, own: bool = False) -> bool:
        """Whether a connection may go to an IP address: to public ones always.

        `own`: it is one of this machine's. What listens there takes us for a neighbor at least, and
        no firewall stands between: it is allowed by itself, or where loopback is.
        """
        if self.everything:
            return True
        meant = _meant(ip_address(address.partition("%")[0]))
        alone = any(ip_network(meant) == network for network in self.networks)
        if meant in _METADATA:
            return alone
        if own and not self.itself:
            return alone or any(_LOOPBACK in network for network in self.networks)
        return kind_of(address) == "public" or any(meant in network for network in self.networks)


#: For what whoever runs the server set up themself, such as the mail server of the installation.
EVERYWHERE = Reach(everything=True)


def kind_of(address: str) -> str:
    """What kind of address it is: public, private, loopback, link-local, or special."""
    meant = _meant(ip_address(address.partition("%")[0]))
    for word, parts in NAMED.items():
        if meant not in _METADATA and any(meant in network for network in networks(parts)):
            return word
    closed = meant in _METADATA or any(meant in network for network in _NOT_PUBLIC)
    closed = closed or (isinstance(meant, IPv6Address) and meant not in _GIVEN_OUT)
    return "public" if meant.is_global and not meant.is_multicast and not closed else "special"


def networks(names: Iterable[str]) -> tuple[Network, ...]:
    """Networks from words ("private", "loopback", "link-local"), 10.0.0.0/8, or one address.

    ValueError for what is none of them.
    """
    words = (text.strip().lower() for text in names)
    return tuple(ip_network(network) for word in words for network in NAMED.get(word, (word,)))


def _below(path: str, folder: str) -> list[str] | None:
    """The parts of a path below a folder; None when it is not below it."""
    parts, start = _parts(path), _parts(folder)
    return parts[len(start) :] if parts[: len(start)] == start else None


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it stands for one."""
    if isinstance(address, IPv4Address):
        return address
    if int(address) > _OWN and any(address in network for network in _EMBEDDING):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
