"""Reminders: by the clock, opened and mailed once, gone when they are no longer to the point."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.clock import FakeClock
from tests.minnesota import Capital

from rollcall.engine.alerts import timed_alerts
from rollcall.engine.alerts.clock_checks import remind
from rollcall.engine.models import UNRESOLVED, Alert, AlertKind, Mail, Run, Sync
from rollcall.engine.outbound.problems import rules_report

SENT = datetime(2026, 1, 5, 18, tzinfo=UTC)


@pytest.fixture
def sent(capital: Capital) -> Capital:
    """Start Year was done on SENT."""
    capital.student(1)
    run = capital.run()
    Run.objects.filter(pk=run.pk).update(applied_at=SENT)
    return capital


def said(sync: Sync) -> list[tuple[str, str]]:
    found = Alert.objects.filter(sync=sync, kind=AlertKind.ADVICE, state__in=UNRESOLVED)
    return sorted(found.values_list("code", "detail"))


def at(time: datetime, capital: Capital) -> list[tuple[str, str]]:
    remind(capital.sync, FakeClock(time))
    return said(capital.sync)


def test_nobody_is_reminded_before_something_was_sent(capital: Capital) -> None:
    assert at(SENT + timedelta(days=400), capital) == []


def test_a_week_after_the_last_look_somebody_is_reminded(sent: Capital) -> None:
    assert at(SENT + timedelta(days=6, hours=23), sent) == []
    assert at(SENT + timedelta(days=7), sent) == [("rules.look", "7 days or more")]
    rules_report.looked(sent.sync, FakeClock(SENT + timedelta(days=8)), "steward")
    assert at(SENT + timedelta(days=8), sent) == []
    assert at(SENT + timedelta(days=15), sent) == [("rules.look", "7 days or more")]


def test_how_long_is_a_setting(sent: Capital) -> None:
    sent.apply(look_after_days=30)
    assert at(SENT + timedelta(days=29), sent) == []
    assert len(at(SENT + timedelta(days=30), sent)) == 1


@pytest.mark.parametrize(
    ("days", "code"),
    [(15, ""), (14, "two_weeks"), (8, "two_weeks"), (7, "one_week"), (0, "one_week"), (-1, "")],
)
def test_two_weeks_and_one_week_before_a_deadline(capital: Capital, days: int, code: str) -> None:
    capital.apply(deadlines=["2026-03-20"])
    # Noon in Minnesota: the day is the district's own.
    found = at(datetime(2026, 3, 20, 17, tzinfo=UTC) - timedelta(days=days), capital)
    assert found == ([(f"deadline.{code}", "2026-03-20")] if code else [])


@pytest.mark.usefixtures("only_new_syncs")
def test_the_clock_opens_it_once_and_mails_it_once(capital: Capital) -> None:
    capital.apply(deadlines=["2026-03-20"])
    version = capital.sync.version
    version.config = {**version.config, "recipients": ["steward@district.example"]}
    version.save()
    clock = FakeClock(datetime(2026, 3, 10, 17, tzinfo=UTC))
    opened = timed_alerts.update_timed_alerts(clock)
    mine = Alert.objects.filter(sync=capital.sync, kind=AlertKind.ADVICE)
    assert mine.get().pk in opened
    timed_alerts.update_timed_alerts(clock)
    mail = Mail.objects.get(alert=mine.get())
    assert (mail.recipient, mail.next_attempt) == ("steward@district.example", clock.now())
