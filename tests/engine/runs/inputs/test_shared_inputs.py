"""Bytes that several runs of a district read are on the disk once, and go with the last of them."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.town import RowMaker, Town
from tests.town_fixtures import new_town

from rollcall.engine import artifacts
from rollcall.engine.models import Artifact, Run
from rollcall.engine.settings import retention

SHORT = {"inputs_days": 1, "plans_days": 1, "reports_days": 1, "undo_days": 1}


@pytest.fixture
def ready(town: Town, students: pl.DataFrame, table_a: RowMaker) -> Town:
    town.load({"students": students})
    town.drop("A.csv", table_a(SSID="0000000001").encode())
    return town


def stored(run: Run) -> Artifact:
    return run.artifacts.get(kind="input", name="students")


def place(run: Run) -> Path:
    return artifacts.path_of(stored(run))


def test_a_file_that_is_run_again_is_kept_once(ready: Town, table_a: RowMaker) -> None:
    runs = [ready.run(test=True), ready.run(), *(ready.run(forced=True) for _ in range(3))]
    assert len({place(run).stat().st_ino for run in runs}) == 1
    assert place(runs[0]).stat().st_nlink == 5
    assert len({place(run) for run in runs}) == 5
    ready.drop("A.csv", table_a(SSID="0000000003").encode())
    other = ready.run()
    assert place(other).stat().st_nlink == 1
    assert list(place(other).parent.iterdir()) == [place(other)]


def test_it_goes_with_the_last_run_that_has_it(ready: Town) -> None:
    retention.save(ready.district, SHORT, ready.clock, "pat")
    first, last = ready.run(), ready.run(forced=True)
    content, where = place(last).read_bytes(), place(first)
    ready.clock.time += timedelta(days=2)
    retention.remove(ready.district, ready.clock, "schedule")
    assert stored(first).removed_at is not None
    assert not where.exists()
    assert artifacts.checked_path(stored(last)).read_bytes() == content
    assert place(last).stat().st_nlink == 1


def test_another_districts_file_is_not_shared(
    ready: Town, students: pl.DataFrame, table_a: RowMaker, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = new_town(tmp_path / "other")
    other.load({"students": students})
    other.drop("A.csv", table_a(SSID="0000000001").encode())
    mine, theirs = ready.run(), other.run()
    assert place(mine).read_bytes() == place(theirs).read_bytes()
    assert place(theirs).stat().st_nlink == 1


def test_one_that_was_damaged_or_is_gone_is_not_shared(ready: Town) -> None:
    first = ready.run()
    content = place(first).read_bytes()
    place(first).write_bytes(b"y" * len(content))
    second = ready.run(forced=True)
    assert place(second).read_bytes() == content
    for run in (first, second):
        place(run).unlink()
    assert place(ready.run(forced=True)).read_bytes() == content
