"""Credentials at rest, and the key they depend on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollcall.core.problems import Problem
from rollcall.engine import secrets


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLCALL_HOME", str(tmp_path))
    monkeypatch.delenv("ROLLCALL_KEY", raising=False)


@given(st.text(st.characters(exclude_categories=["Cs"])))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_sealed_is_unsealed(text: str) -> None:
    assert secrets.unseal(secrets.seal(text)) == text


def test_a_token_does_not_show_the_secret_nor_that_two_are_equal() -> None:
    one, two = secrets.seal("hunter2"), secrets.seal("hunter2")
    assert "hunter2" not in one
    assert one != two


def test_with_another_key_nothing_is_unsealed(monkeypatch: pytest.MonkeyPatch) -> None:
    token = secrets.seal("hunter2")
    monkeypatch.setenv("ROLLCALL_KEY", "another")
    with pytest.raises(Problem) as raised:
        secrets.unseal(token)
    assert raised.value.code == "secret.key_mismatch"
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("spoiled", ["", "not a token", "gAAAA"])
def test_a_spoiled_token_is_a_mismatch(spoiled: str) -> None:
    with pytest.raises(Problem, match="cannot be opened"):
        secrets.unseal(spoiled)


def test_a_changed_token_is_not_unsealed() -> None:
    token = secrets.seal("hunter2")
    changed = token[:20] + ("A" if token[20] != "A" else "B") + token[21:]
    with pytest.raises(Problem, match="cannot be opened"):
        secrets.unseal(changed)


def test_a_named_variable_is_read() -> None:
    assert secrets.resolve_env("${env:SEIS_PASSWORD}", {"SEIS_PASSWORD": " x y "}) == " x y "


@pytest.mark.parametrize("environ", [{}, {"SEIS_PASSWORD": ""}])
def test_a_variable_that_is_not_set_is_named(environ: dict[str, str]) -> None:
    with pytest.raises(Problem) as raised:
        secrets.resolve_env("${env:SEIS_PASSWORD}", environ)
    assert (raised.value.code, raised.value.detail) == ("config.env_missing", "SEIS_PASSWORD")


@pytest.mark.parametrize(
    "written", ["hunter2", "", "x${env:A}", "${env:A}x", "${env:}", "${env:A B}", "${A}", "$A"]
)
def test_a_secret_in_plain_is_refused_and_not_repeated(written: str) -> None:
    with pytest.raises(Problem) as raised:
        secrets.resolve_env(written, {"A": "value"})
    assert raised.value.code == "config.plain_secret"
    assert raised.value.detail == ""


def test_the_key_is_made_once_however_many_need_it_first(tmp_path: Path) -> None:
    script = "from rollcall import keys; print(keys.derived('credentials'))"
    env = {**os.environ, "ROLLCALL_HOME": str(tmp_path)}
    makers = [
        subprocess.Popen([sys.executable, "-c", script], env=env, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    assert len({maker.communicate()[0] for maker in makers}) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["key"]
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
