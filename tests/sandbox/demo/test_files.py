"""The demo's files: what is wrong in them each day, counted exactly."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rollcall.sandbox.casemis.faults import Faults
from rollcall.sandbox.demo.files import DailyFiles, spoiled
from rollcall.sandbox.demo.history import evenings_before
from rollcall.sandbox.demo.story_clock import StoryClock
from rollcall.sandbox.districts.california import make_district

PACIFIC = ZoneInfo("America/Los_Angeles")


@pytest.fixture(scope="module")
def files() -> DailyFiles:
    return DailyFiles(make_district(1_000, 7)["students"])


def test_each_day_has_other_rows_and_no_more_errors(files: DailyFiles) -> None:
    first, second = files.students(1), files.students(2)
    assert first.counts == second.counts
    assert first.counts["rejected"] == first.counts["ambiguous"] == first.counts["duplicate"] == 0
    assert (first.lines != second.lines).any()


def test_today_some_rows_could_be_several_students_and_some_come_twice(files: DailyFiles) -> None:
    past, today = files.students(3), files.students_today(3)
    assert (today.counts["ambiguous"], today.counts["duplicate"]) == (2, 2)
    same_lines = past.lines == today.lines
    assert (~same_lines).sum() == 3, "the first of two rows with one SSID is as it was"
    assert past.counts["unmatched"] == today.counts["unmatched"] > 0


def test_a_bad_day_rejects_what_was_clean_and_nothing_else(files: DailyFiles) -> None:
    good, bad = files.students(3), files.bad_students(3)
    rejected = bad.expected["outcome"] == "rejected"
    assert bad.counts["rejected"] == rejected.sum() == 26
    assert (good.expected["fault"] == "none").filter(rejected).all()
    assert good.lines.filter(~rejected).equals(bad.lines.filter(~rejected))
    assert (good.lines != bad.lines).filter(rejected).all()


def test_more_faults_than_rows_are_refused(files: DailyFiles) -> None:
    with pytest.raises(ValueError, match="clean rows for 5000 faults"):
        spoiled(files.students(0), Faults(bad_date=5_000), seed=1)


def test_half_of_the_services_leaves_every_student_one(files: DailyFiles) -> None:
    full, half = files.services.expected, files.half_of_services().expected
    assert set(half["local_id"]) == set(full["local_id"])
    assert half["local_id"].is_unique().all()
    assert half["line"].to_list() == list(range(1, half.height + 1))
    assert half.height < 0.8 * full.height


def test_history_ends_before_now_on_the_evenings_of_the_schedule() -> None:
    a_sunday = datetime(2026, 11, 22, 9, tzinfo=PACIFIC)
    evenings = evenings_before(a_sunday)
    assert [f"{at:%a %d %H:%M}" for at in evenings] == [
        "Fri 06 18:30", "Mon 09 18:30", "Wed 11 18:30", "Fri 13 18:30",
        "Mon 16 18:30", "Wed 18 18:30", "Fri 20 18:30",
    ]  # fmt: skip
    at_the_time = datetime(2026, 11, 20, 18, 30, tzinfo=PACIFIC)
    assert evenings_before(at_the_time)[-1] == at_the_time - timedelta(days=2)


def test_the_clock_goes_on_from_where_it_is_set() -> None:
    clock, past = StoryClock(), datetime(2026, 11, 6, 9, tzinfo=PACIFIC)
    clock.set(past)
    clock.sleep(60)
    assert timedelta(minutes=1) <= clock.now() - past < timedelta(minutes=2)
