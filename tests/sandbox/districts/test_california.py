"""The sandbox district holds what real ones hold, and is the same for the same seed."""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.oneroster_bundles import write_oneroster

from rollcall.sandbox.districts import people
from rollcall.sandbox.districts.california import (
    Frames,
    make_district,
    write_bundle,
)
from rollcall.sandbox.districts.names import NOBODY


@pytest.fixture(scope="module")
def district() -> Frames:
    return make_district(5_000, seed=7)


def test_the_same_seed_gives_the_same_district(district: Frames) -> None:
    again, other_seed = make_district(5_000, seed=7), make_district(5_000, seed=8)
    for name, frame in district.items():
        assert_frame_equal(again[name], frame)
    assert not other_seed["students"].equals(district["students"])


def test_ids_are_unique_text_with_leading_zeros(district: Frames) -> None:
    students = district["students"]
    state_ids = students["state_id"].drop_nulls()
    assert students["local_id"].is_unique().all()
    assert state_ids.is_unique().all()
    assert state_ids.str.contains(r"^[0-9]{10}$").all()
    assert state_ids.str.starts_with("0").any()
    assert not state_ids.str.starts_with("99").any()
    assert 0 < students["state_id"].null_count() < 250
    assert district["schools"]["code"].str.contains(r"^[0-9]{7}$").all()


def test_few_students_share_name_and_birth_date(district: Frames) -> None:
    shared = people.match_key(district["students"]).is_duplicated().sum()
    assert 10 <= shared <= 20


def test_there_are_twins(district: Frames) -> None:
    family = (
        district["students"]
        .group_by("last_name", "birth_date")
        .agg(pl.col("first_name").n_unique())
    )
    assert (family["first_name"] > 1).sum() >= 30


@pytest.mark.parametrize("letters", ["[áéíóúñ]", "'", "-", " ", "[ễầạ]", "yan$", "^.{16,}$"])
def test_names_hold_what_matching_trips_over(district: Frames, letters: str) -> None:
    assert district["students"]["last_name"].str.contains(letters).any()


def test_nobody_is_called_nobody(district: Frames) -> None:
    assert NOBODY not in district["students"]["last_name"].to_list()


@pytest.mark.parametrize(("grade", "youngest", "oldest"), [("KN", 4.9, 7), ("05", 9.9, 12)])
def test_birth_dates_fit_grades(
    district: Frames, grade: str, youngest: float, oldest: float
) -> None:
    students = district["students"].filter(pl.col("grade") == grade)
    days = (pl.date(2016, 9, 1) - pl.col("birth_date")).dt.total_days()
    ages = students.select(days / 365.25).to_series()
    assert ages.is_between(youngest, oldest).all()


def test_every_reference_leads_somewhere(district: Frames) -> None:
    schools = district["schools"]["code"].implode()
    assert district["students"]["school_code"].is_in(schools).all()
    assert district["enrollments"]["school_code"].is_in(schools).all()
    assert set(district["enrollments"]["local_id"]) == set(district["students"]["local_id"])
    assert district["calendars"]["school_code"].null_count() == 1
    key = ("local_id", "school_code", "school_year", "entry_date")
    assert district["enrollments"].select(key).is_unique().all()


@pytest.mark.parametrize("students", [1, 3, 40, 700, 1_300])
def test_small_districts(students: int) -> None:
    frames = make_district(students, seed=1)
    assert frames["students"].height == students
    assert frames["students"]["school_code"].str.contains(r"^[0-9]{7}$").all()


def test_bundles_are_written(district: Frames, tmp_path: Path) -> None:
    own = write_bundle(district, tmp_path / "own")
    roster = write_oneroster(district, tmp_path / "oneroster")
    header = (own / "students.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == (
        "local_id,state_id,last_name,first_name,middle_name,birth_date,gender,grade,school_code"
    )
    assert {path.name for path in roster.iterdir()} == {
        "manifest.csv",
        "orgs.csv",
        "academicSessions.csv",
        "users.csv",
        "demographics.csv",
    }
