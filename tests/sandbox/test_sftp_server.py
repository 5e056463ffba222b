"""The demo's SFTP server: one user, one folder, one host key."""

from pathlib import Path

import pytest
from tests.reach import HERE

from rollcall.sandbox.sftp_server import SftpServer
from rollcall.transports.errors import TransportError
from rollcall.transports.kinds import connection_settings, open_transport
from rollcall.transports.settings import Settings


def settings(server: SftpServer, **changed: str) -> Settings:
    return connection_settings(
        {
            "type": "sftp",
            "host": server.host,
            "port": server.port,
            "user": server.user,
            "password": server.password,
            "host_key": server.host_key,
            **changed,
        }
    )


def test_the_folder_is_all_there_is(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("not for clients")
    inside = tmp_path / "inside"
    (inside / "outgoing").mkdir(parents=True)
    (inside / "outgoing" / "a.csv").write_text("1")
    with SftpServer(inside, "demo", "geheim") as server:
        with open_transport(settings(server, directory="/outgoing"), HERE) as transport:
            assert [file.name for file in transport.list()] == ["a.csv"]
        with open_transport(settings(server, directory="/../.."), HERE) as transport:
            assert transport.list() == []


def test_only_its_user_gets_in(tmp_path: Path) -> None:
    with SftpServer(tmp_path, "demo", "geheim") as server:
        for changed in ({"user": "root"}, {"password": "Geheim"}, {"password": ""}):
            with (
                pytest.raises(TransportError, match="refused the user name"),
                open_transport(settings(server, **changed), HERE),
            ):
                pass


def test_the_host_key_is_kept(tmp_path: Path) -> None:
    key = tmp_path / "host_key"
    (tmp_path / "files").mkdir()
    first = SftpServer(tmp_path / "files", "demo", "geheim", host_key_file=key)
    again = SftpServer(tmp_path / "files", "demo", "geheim", host_key_file=key)
    assert first.host_key == again.host_key
    assert key.stat().st_mode & 0o077 == 0
    assert SftpServer(tmp_path / "files", "demo", "geheim").host_key != first.host_key
