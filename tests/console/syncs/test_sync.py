"""The page of a sync and its buttons: test, run, pause, resume, upload."""

import zipfile
from io import BytesIO

import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.console.people import Asking
from tests.town import RowMaker, Town

from rollcall.access.models import AuditEntry
from rollcall.access.roles import Role
from rollcall.engine.models import Run, RunState
from rollcall.engine.runs.loading import records_sync
from rollcall.engine.runs.starting import start


def page(asking: Asking, town: Town, role: Role = Role.OPERATOR) -> str:
    return asking(role).get(f"/d/{town.code}/syncs/casemis/").content.decode()


def newest(town: Town) -> Run:
    return Run.objects.filter(district=town.district).latest("pk")


def jobs(run: Run) -> int:
    return ProcrastinateJob.objects.filter(
        task_name="rollcall.execute", args__run_id=run.pk
    ).count()


def test_it_says_state_next_step_and_owner(asking: Asking, town: Town) -> None:
    town.apply(owner="Pat Lee")
    shown = page(asking, town)
    assert "Never run" in shown
    assert "Make a test run" in shown
    assert "Pat Lee" in shown
    assert "A.csv" in shown


def test_it_asks_the_database_a_fixed_number_of_times(asking: Asking, town: Town) -> None:
    for _ in range(8):
        start(town.sync, town.clock, by="person")
    client = asking(Role.VIEWER)
    with CaptureQueriesContext(connection) as asked:
        client.get(f"/d/{town.code}/syncs/casemis/")
    assert len(asked) <= 13, [query["sql"][:80] for query in asked]


def test_a_held_run_comes_before_the_next_one(
    asking: Asking, town: Town, students: pl.DataFrame, table_a: RowMaker
) -> None:
    town.load({"students": students})
    town.drop("A.csv", table_a(SSID="0000000001").encode())
    town.run()
    town.apply(guards={"minimum_population": 1, "add": {"percent": 0}})
    town.drop("A.csv", table_a(SSID="0000000003").encode())
    held = town.run()
    assert held.state == RunState.HELD
    shown = page(asking, town)
    assert f"Review run {held.pk}</a>" in shown
    assert '<button class="second" name="kind" value="live">Run now</button>' in shown


def test_a_viewer_sees_no_buttons(asking: Asking, town: Town) -> None:
    shown = page(asking, town, Role.VIEWER)
    assert "Run now" not in shown
    assert "Upload" not in shown


@pytest.mark.parametrize(("kind", "test"), [("test", True), ("live", False)])
def test_the_buttons_start_a_run_that_a_worker_carries_out(
    kind: str, test: bool, asking: Asking, town: Town
) -> None:
    answer = asking(Role.OPERATOR).post(f"/d/{town.code}/syncs/casemis/run/", {"kind": kind})
    run = newest(town)
    assert answer["Location"] == f"/d/{town.code}/runs/{run.pk}/"
    assert (run.test, run.started_by, jobs(run)) == (test, "person", 1)
    assert run.person.endswith("@example.org")
    assert AuditEntry.objects.filter(district=town.district, what=f"run {run.pk}").exists()


def test_what_says_nothing_is_a_test_run(asking: Asking, town: Town) -> None:
    asking(Role.OPERATOR).post(f"/d/{town.code}/syncs/casemis/run/")
    assert newest(town).test


def test_an_uploaded_file_is_run_under_its_own_name(
    asking: Asking, town: Town, students: pl.DataFrame, table_a: RowMaker
) -> None:
    town.load({"students": students})
    file = SimpleUploadedFile("Spring.csv", table_a(SSID="0000000001").encode())
    sent = {"files": "needed", "kind": "test", "students": file}
    asking(Role.OPERATOR).post(f"/d/{town.code}/syncs/casemis/run/", sent)
    run = town.execute(newest(town))
    assert (run.state, run.test, run.counts["students"]["matched"]) == ("done", True, 1)
    assert run.artifacts.get(kind="input").source == {"upload": "Spring.csv"}


def test_a_zip_is_opened_by_the_names_in_it(
    asking: Asking, town: Town, students: pl.DataFrame
) -> None:
    records_sync(town.district, town.clock, "tester")
    zipped = BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("export/students.csv", students.write_csv())
    file = SimpleUploadedFile("export.zip", zipped.getvalue())
    sent = {"files": "needed", "kind": "live", "bundle": file}
    asking(Role.OPERATOR).post(f"/d/{town.code}/syncs/records/run/", sent)
    assert town.execute(newest(town)).counts["students"]["added"] == 5


@pytest.mark.parametrize("file", [None, SimpleUploadedFile("notes.zip", b"no zip")])
def test_nothing_is_run_without_a_file_that_can_be_used(
    file: SimpleUploadedFile | None, asking: Asking, town: Town
) -> None:
    sent = {"files": "needed", "kind": "live", **({"bundle": file} if file else {})}
    where = f"/d/{town.code}/syncs/casemis/run/"
    answer = asking(Role.OPERATOR).post(where, sent, follow=True)
    assert 'class="banner bad"' in answer.content.decode()
    assert not Run.objects.filter(district=town.district).exists()


def test_pause_stops_what_is_queued_and_says_so(asking: Asking, town: Town) -> None:
    queued = start(town.sync, town.clock, by="person")
    client, sync = asking(Role.OPERATOR), f"/d/{town.code}/syncs/casemis/"
    answer = client.post(f"{sync}pause/", follow=True).content.decode()
    assert "1 queued run stopped" in answer
    assert "Run now" not in answer
    queued.refresh_from_db()
    assert (queued.state, town.sync.paused) == (RunState.STOPPED, True)
    refused = client.post(f"{sync}run/", {"kind": "live"}, follow=True).content.decode()
    assert "Resume it first. Who: the district&#x27;s data manager." in refused
    client.post(f"{sync}resume/")
    assert not town.sync.paused


def test_only_a_sync_without_history_is_deleted(
    asking: Asking, town: Town, students: pl.DataFrame, table_a: RowMaker
) -> None:
    town.load({"students": students})
    client = asking(Role.ADMIN)
    refused = client.post(f"/d/{town.code}/syncs/records/delete/", follow=True).content.decode()
    assert "has written records" in refused
    client.post(f"/d/{town.code}/syncs/casemis/delete/")
    assert client.get(f"/d/{town.code}/syncs/casemis/").status_code == 404
