"""A sync that sends is compared weekly with everything, once somebody enables its schedule."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.clock import FakeClock
from tests.minnesota import Capital
from tests.town import Town

from rollcall.engine.models import Run
from rollcall.engine.settings import configure, schedule_editor
from rollcall.engine.settings.config import Mistakes
from rollcall.engine.worker.scheduling import schedule_of, start_due_of

SUNDAY = datetime(2026, 1, 11, 8, tzinfo=UTC)  # 02:00 in Minnesota


def due(capital: Capital, at: datetime) -> Run | None:
    return start_due_of(capital.sync.pk, FakeClock(at))


def test_resynchronize_is_suggested_weekly_and_off(capital: Capital) -> None:
    schedule = schedule_of(capital.sync)
    assert (schedule.job, schedule.days, schedule.enabled) == ("resynchronize", ("sun",), False)
    assert due(capital, SUNDAY) is None


def test_once_enabled_it_starts_resynchronize(capital: Capital) -> None:
    schedule_editor.enable(capital.sync, FakeClock(SUNDAY - timedelta(days=1)), "tester")
    run = due(capital, SUNDAY)
    assert run
    assert (run.job, run.scheduled_for) == ("resynchronize", SUNDAY)


def test_another_job_can_be_chosen(capital: Capital) -> None:
    given = {"days": ["sun"], "at": ["02:00"], "job": "start_year", "enabled": True}
    schedule_editor.save(capital.sync, given, FakeClock(SUNDAY - timedelta(days=1)), "tester")
    run = due(capital, SUNDAY)
    assert run
    assert run.job == "start_year"


@pytest.mark.parametrize("job", ["update_student", "import"])
def test_a_job_about_one_student_or_unknown_cannot_be_scheduled(capital: Capital, job: str) -> None:
    given = {"days": ["sun"], "at": ["02:00"], "job": job}
    with pytest.raises(Mistakes) as raised:
        schedule_editor.save(capital.sync, given, capital.clock, "tester")
    assert raised.value.places == {"job": "a schedule can start start_year, resynchronize"}


def test_the_configuration_file_is_held_to_that_too(town: Town) -> None:
    document = town.document(schedule={"days": ["sun"], "at": ["02:00"], "job": "resynchronize"})
    with pytest.raises(Mistakes) as raised:
        configure.apply(document, {}, town.clock, "tester")
    (place,) = raised.value.places
    assert place.endswith(".schedule.job")


def test_applying_the_same_configuration_again_changes_nothing(capital: Capital) -> None:
    number = capital.sync.version.number
    capital.apply()
    assert capital.sync.version.number == number
