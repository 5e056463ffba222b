"""Record files were called by other names once, and are still read: enrolments.csv."""

from pathlib import Path

import polars as pl
import pytest
from tests.town import Town
from tests.zips import zipped

from rollcall.core.problems import Problem
from rollcall.engine.models import Run, RunState
from rollcall.engine.runs.loading import records_sync
from rollcall.engine.runs.starting import start
from rollcall.records.models import Enrollment
from rollcall.wiring import integrations

ENROLLMENTS = pl.DataFrame(
    {
        "local_id": ["100001"],
        "school_code": ["0100"],
        "school_year": ["2016-2017"],
        "grade": ["03"],
        "entry_date": ["2016-08-15"],
        "exit_date": [None],
    }
)


@pytest.fixture
def with_students(town: Town, students: pl.DataFrame) -> Town:
    schools = pl.DataFrame({"code": ["0100"], "name": ["Elm"]})
    town.load({"schools": schools, "students": students})
    return town


def done(town: Town, run: Run) -> int:
    """The enrollments after a run that went well."""
    assert town.execute(run).state == RunState.DONE
    return Enrollment.objects.filter(district=town.district).count()


def test_in_a_folder(with_students: Town) -> None:
    run = with_students.load({"enrolments": ENROLLMENTS})
    assert run.state == RunState.DONE, run.findings
    assert Enrollment.objects.filter(district=with_students.district).count() == 1


def test_in_a_zip(with_students: Town, tmp_path: Path) -> None:
    bundle = tmp_path / "sis.zip"
    bundle.write_bytes(zipped({"Enrolments.csv": ENROLLMENTS.write_csv()}))
    sync = records_sync(with_students.district, with_students.clock, "tester")
    run = start(sync, with_students.clock, by="person", uploads={"bundle": bundle})
    assert done(with_students, run) == 1


def test_as_the_name_of_an_input(with_students: Town, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    ENROLLMENTS.write_csv(file)
    sync = records_sync(with_students.district, with_students.clock, "tester")
    run = start(sync, with_students.clock, by="person", uploads={"enrolments": file})
    assert done(with_students, run) == 1


def test_at_a_connection_today_s_name_goes_before(town: Town) -> None:
    (enrollments,) = (
        input
        for integration in integrations()
        for input in integration.inputs
        if input.name == "enrollments"
    )
    assert enrollments.filenames(None) == ("enrollments.csv", "enrolments.csv")


def test_one_input_by_both_names_is_refused(town: Town, tmp_path: Path) -> None:
    files = {name: tmp_path / f"{name}.csv" for name in ("enrollments", "enrolments")}
    for file in files.values():
        ENROLLMENTS.write_csv(file)
    sync = records_sync(town.district, town.clock, "tester")
    with pytest.raises(Problem, match="enrolments"):
        start(sync, town.clock, by="person", uploads=files)
