"""Waiting for a file that is still being written."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.clock import FakeClock
from tests.reach import HERE

from rollcall.core.files.file_settling import Patience
from rollcall.engine.runs.inputs.waiting_for_files import wait_until_settled
from rollcall.transports.errors import TransportError
from rollcall.transports.folder import FolderTransport
from rollcall.transports.settings import FolderSettings

NOW = datetime(2016, 12, 1, 18, 30, tzinfo=UTC)


class Export:
    """Another program that writes a file, a line at each look."""

    def __init__(self, folder: Path, clock: FakeClock, lines: int) -> None:
        self._file = folder / "CASEMISA.csv"
        self._clock = clock
        self._left = lines
        self.write()

    def write(self) -> None:
        if self._left:
            self._left -= 1
            with self._file.open("a") as file:
                file.write("a line\n")
            now = self._clock.now().timestamp()
            os.utime(self._file, (now, now))


@pytest.fixture
def there(tmp_path: Path) -> FolderTransport:
    return FolderTransport(FolderSettings(path=str(tmp_path)), HERE)


def test_it_waits_until_the_export_has_ended(there: FolderTransport, tmp_path: Path) -> None:
    clock = FakeClock(NOW)
    clock.on_sleep = Export(tmp_path, clock, lines=3).write
    assert wait_until_settled(there, "CASEMISA.csv", clock).size == 21
    assert clock.slept == [5, 5, 5]


def test_yesterdays_file_is_not_waited_for(there: FolderTransport, tmp_path: Path) -> None:
    clock = FakeClock(NOW)
    Export(tmp_path, clock, lines=1)
    clock.sleep(86_400)
    clock.slept.clear()
    assert wait_until_settled(there, "CASEMISA.csv", clock).size == 7
    assert clock.slept == []


def test_it_gives_up(there: FolderTransport, tmp_path: Path) -> None:
    clock = FakeClock(NOW)
    clock.on_sleep = Export(tmp_path, clock, lines=1000).write
    with pytest.raises(TransportError) as caught:
        wait_until_settled(there, "CASEMISA.csv", clock, Patience(limit=60))
    assert caught.value.code == "file.still_written"
    assert sum(clock.slept) == 60


def test_a_missing_file_is_not_waited_for(there: FolderTransport) -> None:
    with pytest.raises(TransportError) as caught:
        wait_until_settled(there, "CASEMISA.csv", FakeClock(NOW))
    assert caught.value.code == "file.missing"
