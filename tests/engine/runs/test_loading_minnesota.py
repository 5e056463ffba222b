"""A Minnesota district's records, from its files into the database and out again."""

import polars as pl
import pytest
from django.db import connection, transaction
from polars.testing import assert_frame_equal
from tests.roster_bundles import exported
from tests.town import Town

from rollcall.engine.models import Run, RunState
from rollcall.engine.plans import plan_store
from rollcall.engine.runs.undoing import start_undo
from rollcall.engine.settings import sync_settings
from rollcall.engine.settings.config import settings_of
from rollcall.engine.students.editing import fields
from rollcall.integrations.roster.layout import OWN_COLUMNS
from rollcall.records import read
from rollcall.records.models import District
from rollcall.records.types import (
    CALENDAR,
    DEMOGRAPHICS,
    ENROLLMENT,
    PROGRAM,
    SCHOOL,
    STUDENT,
)
from rollcall.sandbox.districts.california import Frames
from rollcall.sandbox.districts.minnesota import minnesota_frames

RECORDS = {
    "schools": SCHOOL,
    "students": STUDENT,
    "enrollments": ENROLLMENT,
    "demographics": DEMOGRAPHICS,
    "programs": PROGRAM,
    "calendars": CALENDAR,
}


@pytest.fixture
def frames(town: Town) -> Frames:
    District.objects.filter(code=town.code).update(state="MN")
    return minnesota_frames(40, school_year="2016-2017")


@pytest.fixture
def loaded(town: Town, frames: Frames) -> Run:
    run = town.load(frames)
    assert run.state == RunState.DONE
    return run


def held(town: Town) -> Frames:
    """The district's records as the frames of its files, grades as the files write them."""
    with transaction.atomic():
        connection.ensure_connection()
        every = {
            name: read.every(connection.connection, record, town.district.pk)
            for name, record in RECORDS.items()
        }
    return {
        name: frame.with_columns(pl.col("^grade$").str.strip_prefix("0"))
        for name, frame in every.items()
    }


def test_all_of_it_is_held_and_written_out(town: Town, frames: Frames, loaded: Run) -> None:
    now = held(town)
    for name, frame in frames.items():
        assert loaded.counts[name]["added"] == frame.height
        assert_frame_equal(
            now[name].select(frame.columns), frame, check_row_order=False, check_dtypes=False
        )
        assert set(OWN_COLUMNS[name]) == set(now[name].columns)
    for name, content in exported(now).items():
        (town.folder / "sis" / name).write_bytes(content)
    reloaded = town.load({})
    assert {counts["unchanged"] for counts in reloaded.counts.values()} == {
        frame.height for frame in frames.values()
    }


def test_a_file_without_what_the_state_asks_leaves_it_as_it_is(
    town: Town, frames: Frames, loaded: Run
) -> None:
    before = held(town)
    fewer = {
        "enrollments": frames["enrollments"][:, :6].with_columns(grade=pl.lit("12")),
        "students": frames["students"].drop("generation_suffix"),
        "demographics": frames["demographics"].select("local_id", pl.lit("").alias("opt_outs")),
    }
    run = town.load(fewer)
    assert run.counts["students"]["updated"] == 0
    after = held(town)
    grade = pl.lit("12").alias("grade")
    enrollments = before["enrollments"].with_columns(grade)
    assert_frame_equal(after["enrollments"], enrollments, check_row_order=False)
    told = before["demographics"].with_columns(pl.lit(None, pl.String).alias("opt_outs"))
    assert_frame_equal(after["demographics"], told, check_row_order=False)
    town.execute(start_undo(run, "approver", town.clock, test=False))
    for name, frame in held(town).items():
        assert_frame_equal(frame, before[name], check_row_order=False)


def test_an_id_of_another_length_is_told_by_the_length_of_the_states(
    town: Town, frames: Frames
) -> None:
    short = pl.col("state_id").str.slice(3)
    run = town.load({"students": frames["students"].head(1).with_columns(short)})
    details = plan_store.read(run, "findings").filter(pl.col("code") == "field.digits")["detail"]
    assert details.to_list() == ["13 digits expected, 10 characters found"]
    assert fields(town.district, "student")["state_id"].width == 13
    shown = {one.name: one for one in sync_settings.form(run.sync).settings}["state_id_digits"]
    assert (shown.default, shown.value, shown.is_set) == (13, 13, False)


def test_what_the_configuration_says_holds_in_any_state() -> None:
    given = {"state_id_digits": 9}
    assert settings_of("records", "roster", given, "MN").model_dump()["state_id_digits"] == 9
