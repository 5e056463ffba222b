"""Names from outside on the command line: what is loaded, and what is written into a folder."""

import json
from pathlib import Path

import polars as pl
import pytest
from tests import zips
from tests.cli.test_cli import Invoke, rollcall
from tests.hostile_names import HOSTILE_NAMES
from tests.town import RowMaker, Town

from rollcall.engine.models import Artifact, Run
from rollcall.records.models import Student

__all__ = ["rollcall"]


@pytest.fixture
def export(town: Town, students: pl.DataFrame) -> Path:
    """A zip of the records, in a folder of its own."""
    folder = town.folder / "export"
    folder.mkdir()
    path = folder / "sis.zip"
    path.write_bytes(zips.zipped({"SIS/students.csv": students.write_csv()}))
    return path


def test_a_zip_is_loaded_like_a_folder(
    town: Town, export: Path, students: pl.DataFrame, rollcall: Invoke
) -> None:
    result = json.loads(rollcall("records", "load", str(export), "--json").stdout)
    assert result["counts"]["students"]["added"] == 5
    folder = town.folder / "folder"
    folder.mkdir()
    (folder / "students.csv").write_text(students.write_csv())
    again = json.loads(rollcall("records", "load", str(folder), "--json").stdout)
    assert again["state"] == "unchanged"
    assert list(export.parent.iterdir()) == [export]


def test_a_zip_that_is_not_in_order_fails_the_run(
    town: Town, export: Path, rollcall: Invoke
) -> None:
    export.write_bytes(zips.bad_crc(export.read_bytes()))
    result = json.loads(rollcall("records", "load", str(export), "--json", code=4).stdout)
    assert result["findings"][0]["code"] == "bundle.damaged"
    assert not Student.objects.filter(district=town.district).exists()


@pytest.mark.parametrize("name", [name for name in HOSTILE_NAMES if "\0" not in name])
def test_files_of_any_name_in_a_zip_are_not_written_anywhere(
    town: Town, export: Path, students: pl.DataFrame, rollcall: Invoke, name: str
) -> None:
    content = students.write_csv()
    export.write_bytes(zips.zipped({"students.csv": content, name: "x", f"{name}/y": "x"}))
    before = set(export.parent.parent.rglob("*"))
    done = rollcall("records", "load", str(export), "--json", code=_code(name))
    run = Run.objects.get(pk=json.loads(done.stdout)["run"])
    assert set(export.parent.parent.rglob("*")) == before
    assert not Path("/tmp/escaped").exists()
    names = set(run.artifacts.exclude(kind__in=["plan", "report"]).values_list("name", flat=True))
    assert names <= {"bundle", "students"}


def _code(name: str) -> int:
    """A name that leads out fails the run; any other is a file that nobody reads."""
    leads_out = ".." in name or name[0] in "/\\" or name[1:2] == ":"
    return 4 if leads_out else 0


@pytest.mark.parametrize("name", [name for name in HOSTILE_NAMES if "\0" not in name])
def test_what_is_copied_into_a_folder_stays_in_it(
    town: Town, students: pl.DataFrame, table_a: RowMaker, rollcall: Invoke, name: str
) -> None:
    town.load({"students": students})
    town.drop("A.csv", table_a(PLAN_TYPE="99").encode())
    run = str(json.loads(rollcall("run", "casemis", "--test", "--json", code=1).stdout)["run"])
    stored = Artifact.objects.filter(run=int(run), kind="report")
    stored.exclude(pk=stored[0].pk).delete()
    stored.update(name=name)
    Artifact.objects.filter(run=int(run), kind="input").update(source={"upload": name})
    before = set(town.folder.rglob("*"))
    where = town.folder / "out"
    rollcall("reports", run, str(where))
    rollcall("reports", run, str(where), "--failed-rows")
    rollcall("reports", run, str(where), "--spreadsheet")
    assert {path.parent for path in set(town.folder.rglob("*")) - before} == {town.folder, where}
    assert len(list(where.iterdir())) == 3
