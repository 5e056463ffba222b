"""Files handed in: their names are data, and there is an end to how large they may be."""

from pathlib import Path

import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.hostile_names import HOSTILE_NAMES
from tests.town import RowMaker, Town

from rollcall import home
from rollcall.core.files.file_names import is_plain
from rollcall.core.problems import Problem
from rollcall.engine import artifacts
from rollcall.engine.models import Installation, Run
from rollcall.engine.runs.inputs import uploads
from rollcall.engine.runs.starting import start
from rollcall.engine.settings.installation_settings import apply

MIB = 1 << 20


@pytest.fixture(autouse=True)
def usual_limits_again() -> object:
    yield
    Installation.objects.all().delete()


def everything_stored() -> set[Path]:
    return set(home.artifacts().rglob("*"))


@pytest.mark.parametrize("name", [*HOSTILE_NAMES, "", "schools", "BUNDLE"])
def test_a_name_that_is_no_input_is_refused_before_anything_is_written(
    town: Town, name: str
) -> None:
    before = everything_stored()
    with pytest.raises(Problem) as raised:
        start(town.sync, town.clock, by="api", uploads={name: SimpleUploadedFile("A.csv", b"x")})
    assert raised.value.code == "input.unknown"
    assert raised.value.detail.isprintable()
    assert everything_stored() == before
    assert not Run.objects.filter(district=town.district).exists()


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_the_name_of_a_file_is_data(town: Town, name: str) -> None:
    file = SimpleUploadedFile("A.csv", b"x")
    vars(file)["_name"] = name
    run = start(town.sync, town.clock, by="api", uploads={"students": file})
    stored = run.artifacts.get()
    where = home.artifacts() / str(run.sync_id) / str(run.pk) / "input" / "students"
    assert artifacts.path_of(stored) == where
    assert is_plain(stored.source["upload"])
    assert len(stored.source["upload"]) <= 200


def test_what_could_not_be_stored_leaves_nothing_behind(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything_stored()
    file, broken = SimpleUploadedFile("A.csv", b"x"), SimpleUploadedFile("B.csv", b"x")

    def breaks(*_: object) -> object:
        yield b"half"
        raise OSError(5, "the disk is broken")

    monkeypatch.setattr(broken, "chunks", breaks)
    with pytest.raises(Problem) as raised:
        start(town.sync, town.clock, by="api", uploads={"students": file, "services": broken})
    assert raised.value.code == "input.unreadable"
    new = {path for path in everything_stored() - before if path.is_file()}
    assert new == set()


def test_all_files_together_have_a_limit(town: Town) -> None:
    apply({"limits": {"upload_mib": 1}}, {}, town.clock, "tester")
    half = b"x" * (MIB // 2)
    files = {name: SimpleUploadedFile("A.csv", half) for name in ("students", "services")}
    start(town.sync, town.clock, by="api", uploads=files)
    files["services"] = SimpleUploadedFile("B.csv", half + b"x")
    with pytest.raises(Problem) as raised:
        start(town.sync, town.clock, by="api", uploads=files)
    assert raised.value.sentence.endswith("(1,025 KB; at most 1,024 KB together)")
    assert raised.value.code == "upload.too_large"


def test_so_has_a_file_at_the_connection(town: Town, table_a: RowMaker) -> None:
    apply({"limits": {"upload_mib": 1}}, {}, town.clock, "tester")
    town.drop("A.csv", b"x" * (MIB + 1))
    done = town.run()
    assert (done.state, done.error_code) == ("failed", "file.too_large")
    assert not done.artifacts.exists()


def test_a_district_has_room_for_so_much_that_waits(town: Town) -> None:
    apply({"limits": {"district_mib": 2}}, {}, town.clock, "tester")
    file = {"students": SimpleUploadedFile("A.csv", b"x" * MIB)}
    first = start(town.sync, town.clock, by="api", uploads=file)
    start(town.sync, town.clock, by="api", uploads=file)
    before = everything_stored()
    with pytest.raises(Problem) as raised:
        start(town.sync, town.clock, by="api", uploads=file)
    assert raised.value.code == "upload.no_room"
    assert "2,048 KB and 1,024 KB more; at most 2,048 KB" in raised.value.sentence
    assert {path for path in everything_stored() - before if path.is_file()} == set()
    town.execute(first)  # what is over needs no room
    start(town.sync, town.clock, by="api", uploads=file)


def test_other_districts_have_room_of_their_own(town: Town, shared_town: Town) -> None:
    apply({"limits": {"district_mib": 1}}, {}, town.clock, "tester")
    file = {"students": SimpleUploadedFile("A.csv", b"x" * MIB)}
    for one in (town, shared_town):
        start(one.sync, one.clock, by="api", uploads=file)


def test_a_file_that_is_not_there_is_said(town: Town, students: pl.DataFrame) -> None:
    with pytest.raises(Problem) as raised:
        start(town.sync, town.clock, by="person", uploads={"students": town.folder / "nothing"})
    assert raised.value.code == "input.unreadable"
    with pytest.raises(Problem):
        start(town.sync, town.clock, by="person", uploads={"students": town.folder})


def test_two_files_for_one_input_are_refused() -> None:
    from django.utils.datastructures import MultiValueDict

    file = SimpleUploadedFile("A.csv", b"x")
    with pytest.raises(Problem) as raised:
        uploads.by_input(MultiValueDict({"students": [file, file]}))
    assert raised.value.code == "input.twice"
