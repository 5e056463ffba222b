"""Whatever goes wrong has a text and an exit code that does not say "done"."""

import click
import pytest

from rollcall.cli.failures import failing
from rollcall.engine import log


def test_a_folder_that_cannot_be_written_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, failing():
        raise PermissionError(13, "Permission denied", "/srv/reports")
    assert ended.value.code == 4
    assert "/srv/reports: Permission denied" in capsys.readouterr().err


def test_a_mistake_of_ours_shows_no_value(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(service=False)
    with pytest.raises(SystemExit) as ended, failing():
        raise KeyError("Elena Garcia")
    assert ended.value.code == 4
    printed = "".join(capsys.readouterr())
    assert "run.internal_error" in printed
    assert "Elena" not in printed


def test_wrong_usage_stays_what_it_is() -> None:
    with pytest.raises(click.UsageError), failing():
        raise click.UsageError("no such sync")
