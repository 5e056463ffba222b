"""The minute's work is done for each part, whatever happens to another."""

from datetime import timedelta
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.town import NOW, Town
from tests.town_fixtures import new_town

from rollcall.engine.alerts import alert_mail, timed_alerts
from rollcall.engine.alerts.timed_alerts import LATE
from rollcall.engine.mail import completion_mail, outbox
from rollcall.engine.models import Alert, Mail, SyncVersion
from rollcall.engine.outbound.problems import problem_mail
from rollcall.engine.settings import retention
from rollcall.engine.worker import scheduling, tasks

DAILY = {"frequency": "daily", "at": ["18:30"], "enabled": True}


@pytest.fixture
def other(wired: None, tmp_path_factory: pytest.TempPathFactory) -> Town:
    return new_town(tmp_path_factory.mktemp("other"))


def fails(*_: Any) -> Any:
    raise KeyError("broken")


def test_mails_go_though_nothing_else_of_the_minute_works(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = town.run()  # without a file: it fails, and there is a mail
    Mail.objects.filter(run=run).update(sent_at=None, next_attempt=NOW)
    for module, name in (
        (timed_alerts, "update_timed_alerts"),
        (scheduling, "start_due"),
        (problem_mail, "gather"),
    ):
        monkeypatch.setattr(module, name, fails)
    tasks.start_due(0)
    assert ProcrastinateJob.objects.filter(
        task_name="rollcall.send_mails", args__district=town.district.pk
    ).exists()


@pytest.mark.parametrize("part", ["mails of runs", "mails about alerts"])
def test_one_kind_of_mail_does_not_wait_for_another(
    town: Town, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    run = town.run()
    Mail.objects.filter(run=run).update(sent_at=None, next_attempt=NOW)
    alert = Alert.objects.filter(sync=town.sync)[0]
    alert_mail.queue(town.sync, [alert.pk], town.clock)
    about = Mail.objects.get(alert=alert)
    broken: Any = completion_mail if part == "mails of runs" else alert_mail
    monkeypatch.setattr(broken, "message", fails)
    outbox.send_due(town.district.pk, town.clock)
    about.refresh_from_db()
    mail = Mail.objects.get(run=run)
    sent, waits = (about, mail) if part == "mails of runs" else (mail, about)
    assert sent.sent_at and not waits.sent_at
    assert (waits.error_code, waits.next_attempt) == (
        outbox.NOT_MADE,
        town.clock.now() + timedelta(minutes=5 if waits is mail else 1),
    )


def test_a_mail_that_a_wrong_clock_put_off_for_years_is_due(town: Town) -> None:
    run = town.run()
    Mail.objects.filter(run=run).update(sent_at=None, next_attempt=NOW + timedelta(days=4000))
    assert town.district.pk in outbox.districts_with_mail(town.clock)
    outbox.send_due(town.district.pk, town.clock)
    assert Mail.objects.get(run=run).sent_at


def test_a_mail_that_waits_its_turn_still_waits(town: Town) -> None:
    run = town.run()
    later = NOW + timedelta(hours=12)
    Mail.objects.filter(run=run).update(sent_at=None, next_attempt=later)
    assert town.district.pk not in outbox.districts_with_mail(town.clock)


@pytest.mark.usefixtures("only_new_syncs")
def test_what_is_late_is_found_though_another_sync_cannot_be_read(town: Town, other: Town) -> None:
    town.apply(schedule=DAILY)
    other.apply(schedule=DAILY)
    config = {**town.sync.version.config, "schedule": {"at": ["25:99"], "enabled": True}}
    SyncVersion.objects.filter(pk=town.sync.version.pk).update(config=config)
    other.clock.time += timedelta(hours=10)
    timed_alerts.update_timed_alerts(other.clock)
    assert Alert.objects.filter(sync=other.sync, code=LATE).exists()
    town.apply()


def test_retention_of_a_district_does_not_wait_for_another(
    town: Town, other: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def remove(district: Any, *_: Any) -> None:
        seen.append(district)
        if district == town.district:
            raise OSError("its folder is gone")

    monkeypatch.setattr(retention, "remove", remove)
    tasks.remove_old(0)
    assert {town.district, other.district} <= set(seen)


def test_only_a_lost_database_ends_it(monkeypatch: pytest.MonkeyPatch, wired: None) -> None:
    from django.db import OperationalError, connection

    from rollcall.engine.worker.isolation import failure_logged

    with failure_logged("a deadlock, perhaps") as attempt:
        raise OperationalError
    assert attempt.failed
    monkeypatch.setattr(connection, "is_usable", lambda: False)
    with pytest.raises(OperationalError), failure_logged("nothing can follow"):
        raise OperationalError
