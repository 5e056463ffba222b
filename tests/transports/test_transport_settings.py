"""What a connection may be told, and what is refused before anybody connects."""

from time import process_time
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from rollcall.transports.host_keys import FAMILIES, host_key
from rollcall.transports.kinds import connection_settings
from rollcall.transports.settings import FolderSettings, HttpSettings, SftpSettings, SmbSettings

SFTP = {"type": "sftp", "host": "files.example.org", "user": "rollcall", "password": "geheim"}
SMB = {**SFTP, "type": "smb", "directory": "share/folder"}
HTTP = {"type": "http", "url": "https://api.example.org/edfi", "key": "k", "secret": "geheim"}
BLOB = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
FINGERPRINT = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"


def smb(**given: Any) -> SmbSettings:
    settings = connection_settings({**SMB, **given})
    assert isinstance(settings, SmbSettings)
    return settings


def test_the_type_tells_which_settings_they_are() -> None:
    assert isinstance(connection_settings(SFTP), SftpSettings)
    assert isinstance(connection_settings(SMB), SmbSettings)
    folder = connection_settings({"type": "folder", "path": "/srv/files"})
    assert isinstance(folder, FolderSettings)


def test_secrets_are_marked_and_hidden() -> None:
    settings = connection_settings({**SFTP, "key": "k", "passphrase": "p"})
    secrets = {name for name, value in settings if isinstance(value, SecretStr)}
    assert secrets == {"password", "key", "passphrase"}
    assert "geheim" not in repr(settings)


def test_every_setting_says_what_it_is_for() -> None:
    for settings in (SftpSettings, SmbSettings):
        fields = {name: f for name, f in settings.model_fields.items() if name != "type"}
        assert all(field.description for field in fields.values())


@pytest.mark.parametrize(
    "given",
    [
        {**SFTP, "host": ":" * 500_000 + "!"},
        {**SMB, "host": "a" * 500_000 + "!"},
        {**HTTP, "url": f"https://{':' * 500_000}!/"},
        {**HTTP, "url": f"https://[{':' * 1_900}!]/"},
    ],
)
def test_a_long_text_is_no_host_at_once(given: dict[str, Any]) -> None:
    """The pattern took hours to find out, and every page waited."""
    began = process_time()
    with pytest.raises(ValidationError):
        connection_settings(given)
    assert process_time() - began < 2


def test_a_share_is_encrypted_unless_the_settings_say_otherwise() -> None:
    assert smb().require_encryption
    assert smb().require_signing


@pytest.mark.parametrize(
    ("given", "host", "directory"),
    [
        ({"directory": "/share/a/b/"}, "files.example.org", "share/a/b"),
        ({"directory": "share\\a b"}, "files.example.org", "share/a b"),
        ({"directory": "\\\\FILES.example.org\\share\\a"}, "FILES.example.org", "share/a"),
        ({"directory": "//files.example.org/share"}, "files.example.org", "share"),
    ],
)
def test_a_share_in_each_way_people_write_it(
    given: dict[str, str], host: str, directory: str
) -> None:
    settings = smb(**given)
    assert (settings.host, settings.directory) == (host, directory)


def test_a_share_written_as_windows_does_needs_no_host() -> None:
    given = {key: value for key, value in SMB.items() if key != "host"}
    settings = connection_settings({**given, "directory": "\\\\myserver\\myshare"})
    assert isinstance(settings, SmbSettings)
    assert (settings.host, settings.directory) == ("myserver", "myshare")


@pytest.mark.parametrize(
    ("url", "kept", "place", "encrypted"),
    [
        (
            "https://api.example.org/edfi/",
            "https://api.example.org/edfi",
            "api.example.org 443",
            True,
        ),
        ("https://10.0.0.7:8443", "https://10.0.0.7:8443", "10.0.0.7 8443", True),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1 8080", False),
        ("http://[::1]/x", "http://[::1]/x", "::1 80", False),
    ],
)
def test_an_address_in_its_parts(url: str, kept: str, place: str, encrypted: bool) -> None:
    settings = connection_settings({**HTTP, "url": url})
    assert isinstance(settings, HttpSettings)
    assert settings.url == kept
    assert "{} {}".format(*settings.place) == place
    assert settings.encrypted is encrypted
    assert "geheim" not in repr(settings)


def test_the_account_has_its_domain() -> None:
    assert smb().account == "rollcall"
    assert smb(domain="DISTRICT").account == "DISTRICT\\rollcall"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({**SFTP, "password": None}, "a password or a key"),
        ({**SFTP, "host": "sftp://files.example.org/out"}, "name or address only"),
        ({**SFTP, "port": 0}, "port"),
        ({**SFTP, "hots": "x"}, "hots"),
        ({**SFTP, "host_key": "MD5:16:27:ac:a5"}, "SHA-256 fingerprint"),
        ({**SFTP, "timeout_seconds": 0}, "timeout_seconds"),
        ({**SMB, "directory": ""}, "share/folder"),
        ({**SMB, "directory": "share/../other"}, "share/folder"),
        ({**SMB, "directory": "\\\\other\\share"}, "has another"),
        ({"type": "folder", "path": "files"}, "full path"),
        ({"type": "folder", "path": "\\\\myserver\\myshare"}, 'type = "smb"'),
        ({**HTTP, "url": "http://api.example.org"}, "must begin with https"),
        ({**HTTP, "url": "https://me:geheim@api.example.org"}, "without a user"),
        ({**HTTP, "url": "https://api.example.org/?year=2026"}, "without a user"),
        ({**HTTP, "url": "https://api.example.org\\@other.org"}, "full address|without a user"),
        ({**HTTP, "url": "https://api.example.org/a b"}, "without blanks"),
        ({**HTTP, "url": "https://api.exämple.org"}, "plain letters"),
        ({**HTTP, "url": "https://api.example.org:99999"}, "ort"),
        ({**HTTP, "url": "api.example.org"}, "full address"),
        ({**HTTP, "key": "a:b"}, "no colon"),
        ({"type": "ftp"}, "'folder', 'sftp', 'smb', 'http'"),
    ],
)
def test_settings_that_do_not_fit(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        connection_settings(given)


# Host keys


@pytest.mark.parametrize(
    "text",
    [
        f"ssh-ed25519 {BLOB}",
        f"ssh-ed25519 {BLOB} owner@server",
        f"[files.example.org]:2222 ssh-ed25519 {BLOB}",
        FINGERPRINT,
        FINGERPRINT + "=",
        f"256 {FINGERPRINT} owner@server (ED25519)",
    ],
)
def test_a_host_key_in_each_way_people_have_it(text: str) -> None:
    assert host_key(text).fingerprint == FINGERPRINT


@pytest.mark.parametrize(
    "text", ["", "AAAA", BLOB, "ssh-ed25519", f"ssh-ed25519 {BLOB[:-1]}", f"ssh-dss {BLOB}"]
)
def test_what_is_no_host_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="host key"):
        host_key(text)


def test_a_key_line_is_asked_for_first_and_a_fingerprint_in_turn() -> None:
    (line,) = host_key(f"ssh-ed25519 {BLOB}").attempts()
    assert line[0] == "ssh-ed25519"
    assert len(line) == sum(map(len, FAMILIES.values()))
    assert len(host_key(FINGERPRINT).attempts()) == 1 + len(FAMILIES)
