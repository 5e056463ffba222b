"""A disk that fills up ends a run in words, leaves nothing half written, and the next run works."""

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
from django.db import connection
from tests.minnesota_killed import environment
from tests.servers.small_disk import needs_small_disks, with_disk
from tests.town import RowMaker, Town

from rollcall.engine import artifacts
from rollcall.engine.models import Run, RunState
from rollcall.engine.runs.starting import start

STORE = textwrap.dedent(
    """
    import sys
    from rollcall import home, wiring
    wiring.set_up()
    from rollcall.core.problems import Problem
    from rollcall.engine import artifacts
    from rollcall.engine.models import Run

    run = Run.objects.get(pk=int(sys.argv[1]))
    artifacts.store(run, "plan", "small", [b"x"])
    try:
        artifacts.store(run, "plan", "large", [b"x" * artifacts.BLOCK] * 3)
    except Problem as problem:
        print(problem.code)
    print(*sorted(one.name for one in home.artifacts().rglob("*") if one.is_file()))
    """
)


@pytest.fixture
def file(town: Town, students: pl.DataFrame, table_a: RowMaker) -> None:
    """A file of one row to be imported."""
    town.load({"students": students})
    town.drop("A.csv", table_a(SSID="0000000001", PLAN_TYPE="10").encode())


@contextmanager
def refusing(town: Town, code: str) -> Iterator[None]:
    """The database ends every statement that adds special education with an error of that code."""
    name = f"refuse_{town.code}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" RAISE EXCEPTION 'could not extend file' USING ERRCODE = '{code}'; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER {name} BEFORE INSERT ON special_education"
            f" FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
        try:
            yield
        finally:
            cursor.execute(f"DROP FUNCTION {name} CASCADE")


@pytest.mark.parametrize(
    ("code", "found"),
    [("53100", "disk.full"), ("53200", "database.refused"), ("54001", "database.refused")],
)
def test_a_database_without_resources_ends_the_run_and_the_next_one_works(
    town: Town, file: None, code: str, found: str
) -> None:
    with refusing(town, code):
        failed = town.run()
    assert (failed.state, failed.error_code) == (RunState.FAILED, found)
    assert failed.findings[0]["what_to_do"]
    assert failed.findings[0]["who"] == "the person who runs the server"
    assert town.special_education() == []
    assert town.run(forced=True).state == RunState.DONE


@needs_small_disks()
def test_a_file_that_finds_no_room_is_named_and_leaves_nothing_half_written(
    town: Town, file: None, tmp_path: Path
) -> None:
    run = start(town.sync, town.clock, by="schedule")
    disk = tmp_path / "disk"
    disk.mkdir()
    said = subprocess.run(
        [*with_disk(disk, 1), sys.executable, "-c", STORE, str(run.pk)],
        env=environment() | {"ROLLCALL_ARTIFACTS": str(disk)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.splitlines() == ["disk.full", "small"]
    assert not Run.objects.get(pk=run.pk).artifacts.filter(name="large").exists()


def test_what_a_dead_process_had_half_written_is_removed(town: Town, file: None) -> None:
    run = start(town.sync, town.clock, by="schedule")
    kept = artifacts.store(run, "plan", "kept", [b"x"])
    draft = artifacts.path_of(kept).with_name(".large.1")
    draft.write_bytes(b"x")
    town.execute(run)
    assert not draft.exists()


@needs_small_disks()
def test_before_writing_room_is_looked_for_where_the_embedded_database_is(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    home = {"ROLLCALL_HOME": str(disk / "home"), "DATABASE_URL": ""}
    said = subprocess.run(
        [*with_disk(disk, 300), sys.executable, "-c", CHECK],
        env=environment() | home,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.splitlines() == ["0 there is room", "1000000 disk.full"]


CHECK = textwrap.dedent(
    """
    from rollcall import wiring
    wiring.set_up()
    import polars as pl
    from django.db import connection
    from rollcall.core.plans.plan import Changes
    from rollcall.core.problems import Problem
    from rollcall.engine.installation import disk_room
    from rollcall.records.types import RECORD_TYPES

    connection.ensure_connection()
    for many in (0, 1_000_000):
        after = pl.DataFrame({"line": range(many)})
        try:
            disk_room.check_database([Changes(RECORD_TYPES["student"], after, after, 0, 0)])
            print(many, "there is room")
        except Problem as problem:
            print(many, problem.code)
    """
)
