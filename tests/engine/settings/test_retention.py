"""Retention removes what is old, and none of what the other promises need."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from django.db import connection
from tests import zips
from tests.town import RowMaker, Town

from rollcall.core.problems import Problem
from rollcall.engine import artifacts
from rollcall.engine.locks import sync_lock
from rollcall.engine.models import Artifact, RetentionRecord, Run, RunState
from rollcall.engine.runs.undoing import start_undo
from rollcall.engine.settings import configure, retention
from rollcall.engine.settings.config import Mistakes

SHORT = {"inputs_days": 10, "plans_days": 10, "reports_days": 20, "undo_days": 15}


@pytest.fixture
def ready(town: Town, students: pl.DataFrame, table_a: RowMaker) -> Town:
    town.load({"students": students})
    retention.save(town.district, SHORT, town.clock, "pat")
    imports(town, table_a, "240")
    return town


def imports(town: Town, table_a: RowMaker, disability: str) -> Run:
    town.drop("A.csv", table_a(SSID="0000000001", DISABILIT1=disability).encode())
    run = town.run()
    assert run.state == RunState.DONE, run.error_text
    return run


def kept(run: Run, kind: str) -> list[Path]:
    stored = run.artifacts.filter(kind=kind, removed_at=None)
    paths = [artifacts.path_of(artifact) for artifact in stored]
    assert all(path.is_file() for path in paths)
    return paths


def later(town: Town, days: int) -> retention.Removed:
    town.clock.time += timedelta(days=days)
    return retention.remove(town.district, town.clock, "schedule")


def first(town: Town) -> Run:
    return town.sync.runs.earliest("pk")


def test_what_is_old_goes_and_its_row_stays(ready: Town, table_a: RowMaker) -> None:
    ready.clock.time += timedelta(days=5)
    imports(ready, table_a, "210")
    test = retention.removable(ready.district, ready.clock)
    assert all(files.files == 0 for files in test.files.values())
    ready.clock.time += timedelta(days=6)
    before = retention.removable(ready.district, ready.clock)
    assert (before.files["input"].files, before.files["input"].runs) == (1, 1)
    assert kept(first(ready), "input")  # a test removes nothing
    assert later(ready, 0) == before
    assert kept(first(ready), "input") == []
    assert kept(first(ready), "report")
    (record,) = RetentionRecord.objects.filter(district=ready.district)
    assert (record.by, record.removed["files"]["input"]["files"]) == ("schedule", 1)
    with pytest.raises(Problem, match="removed because of its age"):
        artifacts.checked_path(first(ready).artifacts.get(kind="input"))
    assert later(ready, 0).files["input"].files == 0
    assert RetentionRecord.objects.filter(district=ready.district).count() == 1


def test_the_last_applied_run_keeps_all_and_the_same_file_is_known_again(ready: Town) -> None:
    later(ready, 1000)
    assert kept(first(ready), "input")
    assert kept(first(ready), "plan")
    assert ready.run().state == RunState.UNCHANGED


def test_the_same_file_is_known_by_its_sha256_when_only_that_is_left(
    ready: Town, table_a: RowMaker
) -> None:
    second = imports(ready, table_a, "210")
    later(ready, 12)
    assert kept(first(ready), "input") == []
    ready.execute(start_undo(second, "pat", ready.clock, test=False))
    ready.drop("A.csv", table_a(SSID="0000000001", DISABILIT1="240").encode())
    assert ready.run().state == RunState.UNCHANGED


def test_a_held_run_keeps_all(ready: Town, table_a: RowMaker) -> None:
    ready.apply(guards={"minimum_population": 0, "add": {"count": 0}, "update": {"count": 0}})
    ready.drop("A.csv", table_a(SSID="0000000003").encode())
    held = ready.run()
    assert held.state == RunState.HELD
    before = (kept(held, "input"), kept(held, "plan"))
    later(ready, 1000)
    assert (kept(held, "input"), kept(held, "plan")) == before


def test_undo_works_for_its_days_and_is_refused_after(ready: Town, table_a: RowMaker) -> None:
    imports(ready, table_a, "210")
    imports(ready, table_a, "220")
    middle = ready.sync.runs.order_by("pk")[1]
    later(ready, 12)
    assert [path.name for path in kept(middle, "plan")] == [
        "special_education.stamps-before.parquet"
    ]
    assert start_undo(middle, "pat", ready.clock, test=True)
    later(ready, 5)
    with pytest.raises(Problem, match="can no longer be undone"):
        start_undo(middle, "pat", ready.clock, test=True)


def test_logged_changes_go_when_no_undo_needs_them(ready: Town) -> None:
    retention.save(ready.district, {**SHORT, "change_log_days": 5}, ready.clock, "pat")
    logged = _logged(ready)
    assert logged > 0
    # The log has the machine's time, not the test's: all of it is old to a clock far ahead.
    removed = later(ready, 36_500)
    assert removed.changes == logged
    assert _logged(ready) == 0
    with pytest.raises(Problem, match="can no longer be undone"):
        start_undo(first(ready), "pat", ready.clock, test=True)


def _logged(town: Town) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM change_log WHERE district_id = %s", [town.district.pk])
        count: int = cursor.fetchone()[0]
        return count


def test_another_district_is_not_touched(ready: Town) -> None:
    others = Artifact.objects.exclude(run__district=ready.district).filter(removed_at=None)
    before = others.count()
    later(ready, 1000)
    assert others.count() == before


def test_it_is_declared_exported_and_applied_again(ready: Town) -> None:
    document = configure.export(ready.district)
    assert document["retention"] == SHORT
    done = configure.apply(document, {}, ready.clock, "tester")
    assert {one.what: one.became for one in done}["retention"] == "same"
    assert retention.policy(ready.district).reports_days == 20
    with pytest.raises(Mistakes) as refused:
        retention.save(ready.district, {"inputs_days": -1}, ready.clock, "pat")
    assert list(refused.value.places) == ["inputs_days"]
    assert all(field.title and field.help for field in retention.form(ready.district))


def test_files_of_a_sync_at_work_wait_for_the_next_night(ready: Town, table_a: RowMaker) -> None:
    from concurrent.futures import ThreadPoolExecutor

    imports(ready, table_a, "210")

    def meanwhile() -> int:
        try:
            return later(ready, 12).files["input"].files
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        with sync_lock(ready.sync.pk, wait=True):
            assert other.submit(meanwhile).result() == 0
        assert other.submit(meanwhile).result() == 1


def test_a_zip_is_kept_as_long_as_what_was_unpacked_from_it(ready: Town, table_a: RowMaker) -> None:
    path = ready.folder / "export.zip"
    path.write_bytes(zips.zipped({"A.csv": table_a(SSID="0000000001")}))
    run = ready.run(uploads={"bundle": path}, test=True)
    ready.clock.time += timedelta(days=11)
    before = retention.removable(ready.district, ready.clock)
    assert (before.files["input"].files, before.files["input"].runs) == (2, 1)
    assert kept(run, "bundle")
    assert later(ready, 0) == before
    assert kept(run, "bundle") == kept(run, "input") == []
