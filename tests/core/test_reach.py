"""What may be reached: addresses in all the forms they come in, and paths."""

import pytest

from rollcall.core.reach import EVERYWHERE, Reach, kind_of, networks

NOTHING = Reach()
PRIVATE = Reach(networks=networks(["private"]))
LOOPBACK = Reach(networks=networks(["loopback"]))

ADDRESSES = {
    "8.8.8.8": "public",
    "2606:4700::1111": "public",
    "::ffff:8.8.8.8": "public",
    "64:ff9b::808:808": "public",
    "10.0.0.5": "private",
    "172.31.255.255": "private",
    "192.168.1.1": "private",
    "100.64.0.1": "private",
    "fd12:3456::1": "private",
    "::ffff:10.0.0.5": "private",
    "64:ff9b::a00:5": "private",
    "2002:a00:5::1": "private",
    "127.0.0.1": "loopback",
    "127.255.0.9": "loopback",
    "::1": "loopback",
    "::ffff:127.0.0.1": "loopback",
    "::127.0.0.1": "loopback",
    "64:ff9b::7f00:1": "loopback",
    "2002:7f00:1::": "loopback",
    "169.254.1.1": "link-local",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "0.0.0.0": "special",
    "0.1.2.3": "special",
    "::": "special",
    "::ffff:0.0.0.0": "special",
    "224.0.0.1": "special",
    "239.1.2.3": "special",
    "240.0.0.1": "special",
    "255.255.255.255": "special",
    "ff02::1": "special",
    "ff0e::1": "special",
    "fec0::1": "special",
    "192.0.0.8": "special",
    "198.18.0.1": "special",
    "192.0.2.1": "special",
    "2001:db8::1": "special",
    "2001:0:7f00:1::": "special",
    "64:ff9b:1::7f00:1": "special",
    "::ffff:0:7f00:1": "special",
    "3fff::1": "special",
    "5f00::1": "special",
    "4000::1": "special",
    "169.254.169.254": "special",
    "::ffff:169.254.169.254": "special",
    "168.63.129.16": "special",
    "100.100.100.200": "special",
    "192.0.0.192": "special",
    "fd00:ec2::254": "special",
}


@pytest.mark.parametrize(("address", "kind"), ADDRESSES.items())
def test_only_public_addresses_are_reached_unless_their_kind_is_allowed(
    address: str, kind: str
) -> None:
    assert kind_of(address) == kind
    assert NOTHING.allows_address(address) is (kind == "public")
    assert PRIVATE.allows_address(address) is (kind in ("public", "private"))
    assert LOOPBACK.allows_address(address) is (kind in ("public", "loopback"))
    assert EVERYWHERE.allows_address(address)


def test_one_address_or_network_is_allowed_alone() -> None:
    one = Reach(networks=networks(["10.1.2.3", "192.168.7.0/24"]))
    assert one.allows_address("10.1.2.3")
    assert one.allows_address("::ffff:10.1.2.3")
    assert one.allows_address("192.168.7.200")
    assert not one.allows_address("10.1.2.4")


@pytest.mark.parametrize("address", ["93.184.216.34", "10.1.2.3"])
def test_an_address_of_this_machine_is_allowed_by_itself_or_as_loopback_is(address: str) -> None:
    for closed in (NOTHING, PRIVATE, Reach(networks=networks(["10.0.0.0/8", "93.0.0.0/8"]))):
        assert not closed.allows_address(address, own=True)
    itself = Reach(networks=networks([address]))
    for allowing in (LOOPBACK, EVERYWHERE, itself, Reach(networks=PRIVATE.networks, itself=True)):
        assert allowing.allows_address(address, own=True)


def test_where_machines_get_credentials_is_allowed_by_its_own_address_only() -> None:
    wide = Reach(networks=networks(["link-local", "private", "0.0.0.0/0", "::/0"]))
    for address in ("169.254.169.254", "100.100.100.200", "fd00:ec2::254"):
        assert not wide.allows_address(address)
        assert Reach(networks=networks([address])).allows_address(address)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/srv/seis", True),
        ("/srv/seis/outgoing/A.csv", True),
        ("/srv/seisx", False),
        ("/srv", False),
        ("/", False),
        ("/etc/passwd", False),
        ("/srv/seis/.ssh/id", False),
        ("/srv/seis/.hidden", False),
        ("/srv/seis/rollcall", False),
        ("/srv/seis/rollcall/key", False),
        ("/srv/seis/rollcall2", True),
    ],
)
def test_a_path_is_allowed_below_a_folder_and_never_where_it_is_closed(
    path: str, allowed: bool
) -> None:
    reach = Reach(folders=("/srv/seis",), closed=("/srv/seis/rollcall",))
    assert reach.allows_path(path) is allowed
    assert not NOTHING.allows_path(path)
    assert EVERYWHERE.allows_path(path)


def test_a_hidden_folder_can_be_allowed_itself() -> None:
    assert Reach(folders=("/home/a/.exports",)).allows_path("/home/a/.exports/A.csv")
