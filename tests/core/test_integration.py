"""What an integration declares of its jobs, and which of them a schedule starts."""

from dataclasses import replace

from rollcall.core.settings.schedule import Schedule
from rollcall.integrations.casemis import integration as casemis
from rollcall.integrations.edfi import integration as edfi


def test_a_schedule_starts_the_job_it_names_else_the_suggested_one_else_the_first() -> None:
    assert edfi.INTEGRATION.job_of(Schedule(job="start_year")) == "start_year"
    assert edfi.INTEGRATION.job_of(Schedule()) == "resynchronize"
    unsuggested = replace(edfi.INTEGRATION, schedule=Schedule())
    assert unsuggested.job_of(Schedule()) == "start_year"
    assert casemis.INTEGRATION.job_of(Schedule()) == casemis.INTEGRATION.jobs[0].name


def test_jobs_about_a_grade_or_a_student_are_not_for_schedules() -> None:
    assert edfi.INTEGRATION.scheduled_jobs == ("start_year", "resynchronize")
    assert casemis.INTEGRATION.scheduled_jobs == ("import",)


def test_what_is_suggested_is_weekly_and_off() -> None:
    suggested = edfi.INTEGRATION.schedule
    assert (suggested.frequency, suggested.complete, suggested.enabled) == ("weekly", True, False)
