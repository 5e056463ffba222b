"""The Minnesota district has what the state asks for, nearly all of it right."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.roster_bundles import decide, files_in

from rollcall.core.plans.context import Context
from rollcall.integrations.edfi.rules import documents
from rollcall.integrations.edfi.settings import EdfiSettings
from rollcall.integrations.roster.settings import RosterSettings
from rollcall.sandbox.districts.california import Frames
from rollcall.sandbox.districts.minnesota import (
    DISTRICT,
    GRADES,
    minnesota_district,
    minnesota_frames,
)

FILES = ("schools", "students", "enrollments", "demographics", "programs", "calendars")


@pytest.fixture(scope="module")
def district() -> Frames:
    return minnesota_frames(2_000, seed=7)


def test_the_same_seed_gives_the_same_district(district: Frames) -> None:
    again, other_seed = minnesota_frames(2_000, seed=7), minnesota_frames(2_000, seed=8)
    for name, frame in district.items():
        assert_frame_equal(again[name], frame)
    assert not other_seed["students"].equals(district["students"])


def test_its_files_can_be_loaded(tmp_path: Path) -> None:
    frames = minnesota_district(tmp_path / "sis", students=300)
    files = files_in(tmp_path / "sis")
    assert set(files) == {f"{name}.csv" for name in FILES}
    decided = decide(files, settings=RosterSettings(state_id_digits=13))
    assert set(decided.findings["code"]) == {"roster.shared_state_id"}
    for input in FILES:
        assert set(decided.outcomes(input)) == {"matched"}
        assert len(decided.outcomes(input)) == frames[input].height
    first = {wanted.record.name: wanted.keep_blank for wanted in decided.decision.wanted}
    assert set(first.values()) == {()}


def test_ids_are_those_of_minnesota(district: Frames) -> None:
    numbers = district["students"]["state_id"].drop_nulls()
    assert numbers.str.contains(r"^[0-9]{13}$").all()
    assert numbers.is_duplicated().sum() == 2
    assert district["schools"]["state_id"].str.starts_with(DISTRICT[:5]).all()
    assert district["schools"]["code"].is_unique().all()


def test_a_student_is_one_person_in_all_files(district: Frames) -> None:
    students, enrollments = district["students"], district["enrollments"]
    assert set(enrollments["local_id"]) == set(students["local_id"])
    both = enrollments.join(students, on="local_id")
    assert (both["grade"] == both["grade_right"]).all()
    assert set(students["grade"]) == {*GRADES, "HK"}
    later = minnesota_frames(500, seed=7, school_year="2023-2024")["students"]
    assert set(later["grade"]) <= set(GRADES)
    key = ("local_id", "school_code", "school_year", "entry_date")
    assert not enrollments.select(key).is_duplicated().any()
    assert not district["programs"].select(district["programs"].columns[:6]).is_duplicated().any()


def test_times_lie_in_the_year_and_days_in_the_times(district: Frames) -> None:
    enrollments = district["enrollments"]
    assert enrollments["entry_date"].is_between(date(2018, 9, 4), date(2019, 6, 7)).all()
    assert (enrollments["exit_date"] >= enrollments["entry_date"]).all()
    days = enrollments.select(pl.col("membership", "attendance").cast(pl.Float64))
    assert days["membership"].is_between(0, 172).all()
    assert (days["attendance"] > days["membership"]).sum() == 1
    assert enrollments["attendance"].str.contains(r"^[0-9]+(\.5)?$").all()
    exited = enrollments["exit_date"].is_not_null()
    assert (enrollments["exit_type"].is_not_null() == exited).all()


def test_the_state_finds_its_mistakes_and_nothing_else(district: Frames) -> None:
    views = {
        "identities": district["students"].with_columns(
            holders=pl.col("state_id").count().over("state_id")
        ),
        "calendar": district["calendars"],
        **{name: district[name] for name in ("enrollments", "demographics", "programs", "schools")},
    }
    context = Context(school_year="2018-2019", today=date(2019, 6, 20))
    settings = EdfiSettings(local_education_agency_id=DISTRICT)
    checks = documents(views, settings, context).checks
    codes = checks["code"].unique().to_list()
    assert "edfi.shared_state_id" in codes
    assert "edfi.not_a_code" in codes
    assert len(codes) <= 10
    assert checks.height < 0.02 * district["students"].height


def test_the_smallest_district_has_every_kind_of_school() -> None:
    schools = minnesota_frames(30, seed=1)["schools"]
    assert sorted(schools["type"].unique()) == ["10", "20", "32"]
