"""The installation's one key."""

import base64
from pathlib import Path

import pytest

from rollcall import keys


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLCALL_HOME", str(tmp_path))
    monkeypatch.delenv("ROLLCALL_KEY", raising=False)


def test_a_key_is_made_on_first_use_and_kept(tmp_path: Path) -> None:
    first = keys.derived("django")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert keys.derived("django") == first


def test_each_purpose_has_its_own_key_of_32_bytes() -> None:
    django, credentials = keys.derived("django"), keys.derived("credentials")
    assert django != credentials
    assert len(base64.urlsafe_b64decode(django)) == 32


def test_each_home_has_its_own_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = keys.derived("django")
    monkeypatch.setenv("ROLLCALL_HOME", str(tmp_path / "other"))
    assert keys.derived("django") != here


def test_a_given_key_is_used_and_none_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROLLCALL_KEY", "given")
    given = keys.derived("django")
    monkeypatch.setenv("ROLLCALL_HOME", str(tmp_path / "other"))
    assert keys.derived("django") == given
    assert not (tmp_path / "key").exists()


def test_reading_the_key_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, or one that may only be read, keeps nobody from it."""
    first = keys.derived("django")
    monkeypatch.setattr(keys, "_create", lambda path: pytest.fail("it was there"))
    assert keys.derived("django") == first
