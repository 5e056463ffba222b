"""Mails about new problems of near real time: few, by cause, to a real mail server."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.urls import resolve
from tests.clock import FakeClock
from tests.minnesota import Capital, until_true
from tests.servers.smtp import PASSWORD, USER, Mailbox, smtp_server

from rollcall.engine.alerts import alerts
from rollcall.engine.alerts.alerts import Seen
from rollcall.engine.clock import Clock
from rollcall.engine.mail import outbox
from rollcall.engine.models import Alert, AlertKind, Mail, MailKind
from rollcall.engine.outbound.models import Live
from rollcall.engine.outbound.near_real_time import switch
from rollcall.engine.outbound.problems import problem_mail, submission_alerts
from rollcall.engine.settings import configure
from rollcall.records.models import Student

WHO = "errors@district.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with smtp_server(tmp_path_factory.mktemp("smtp")) as mailbox:
        yield mailbox


@pytest.fixture
def mailbox(server: Mailbox) -> Mailbox:
    server.messages.clear()
    server.answers.clear()
    return server


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def live(capital: Capital, mailbox: Mailbox, clock: FakeClock) -> Capital:
    """Near real time is on since the clock's start; WHO gets the errors."""
    capital.apply(error_recipients=[WHO])
    for number in range(1, 4):
        capital.student(number)
    capital.run()
    settings = {
        "type": "smtp",
        "host": "127.0.0.1",
        "port": mailbox.port,
        "user": USER,
        "password": PASSWORD,
        "from": "rollcall@district.example",
        "ca_certificate": mailbox.ca_certificate,
    }
    configure.save_mail(capital.district, settings, {}, clock, "tester")
    switch.turn_on(capital.sync, "tester", clock)
    return capital


def send(clock: Clock) -> None:
    """What the worker does every minute."""
    problem_mail.gather(clock)
    for pk in outbox.districts_with_mail(clock):
        outbox.send_due(pk, clock)


def refused(capital: Capital, number: int, code: str = submission_alerts.WAITS) -> Seen:
    student = Student.objects.get(district=capital.district, local_id=f"{number:06}")
    subject = f"student:{student.pk}"
    return Seen(AlertKind.REFUSED, code, "No. (Kari)", "error", 1, subject, "students")


def see(capital: Capital, clock: FakeClock, *seen: Seen) -> None:
    alerts.open_or_renew(capital.sync.district_id, capital.sync.pk, seen, clock)


def test_new_problems_are_one_mail_by_cause(
    live: Capital, mailbox: Mailbox, clock: FakeClock
) -> None:
    see(
        live,
        clock,
        refused(live, 1),
        refused(live, 2),
        refused(live, 3, submission_alerts.WAITS_FOR_PARENT),
    )
    send(clock)
    (message,) = mailbox.messages
    assert (message["To"], message["Subject"]) == (WHO, "Capital Schools, state: 3 new problems")
    text = message.get_content()
    assert "2 x The partner could not take this document" in text
    assert "Students: 000001, 000002" in text
    assert "Kari" not in text
    (link,) = [word for word in text.split() if word.startswith("http")]
    assert resolve(link.partition("8080")[2].partition("?")[0])


def test_a_retry_is_no_new_problem(live: Capital, mailbox: Mailbox, clock: FakeClock) -> None:
    for _ in range(3):
        see(live, clock, refused(live, 1))
        send(clock)
        clock.time += timedelta(minutes=60)
    assert len(mailbox.messages) == 1
    assert not Mail.objects.filter(alert__sync=live.sync).exists()


def test_there_is_at_most_one_mail_in_fifteen_minutes(
    live: Capital, mailbox: Mailbox, clock: FakeClock
) -> None:
    see(live, clock, refused(live, 1))
    send(clock)
    see(live, clock, refused(live, 2))
    clock.time += timedelta(minutes=14)
    send(clock)
    assert len(mailbox.messages) == 1
    see(live, clock, refused(live, 3))
    clock.time += timedelta(minutes=1)
    send(clock)
    assert "2 new problems" in mailbox.messages[1]["Subject"]


def test_what_was_resolved_or_is_looked_after_meanwhile_is_not_mailed(
    live: Capital, mailbox: Mailbox, clock: FakeClock
) -> None:
    see(live, clock, refused(live, 1), refused(live, 2))
    first, second = Alert.objects.filter(sync=live.sync).order_by("pk")
    alerts.resolve(Alert.objects.filter(pk=first.pk), clock)
    alerts.acknowledge(second, "steward", "", clock)
    send(clock)
    assert mailbox.messages == []


def test_without_near_real_time_there_is_none(
    live: Capital, mailbox: Mailbox, clock: FakeClock
) -> None:
    switch.turn_off(live.sync, "tester", clock)
    see(live, clock, refused(live, 1))
    send(clock)
    assert mailbox.messages == []


def test_what_was_known_before_it_was_turned_on_is_not_new(
    live: Capital, mailbox: Mailbox, clock: FakeClock
) -> None:
    see(live, clock, refused(live, 1))
    Live.objects.filter(sync=live.sync).update(changed_at=clock.now() + timedelta(minutes=1))
    send(clock)
    assert mailbox.messages == []


def test_a_mail_that_is_not_taken_is_sent_again_the_same(
    live: Capital, mailbox: Mailbox, clock: FakeClock
) -> None:
    see(live, clock, refused(live, 1))
    mailbox.answers["DATA"] = "451 later"
    send(clock)
    mail = Mail.objects.get(sync=live.sync, kind=MailKind.PROBLEMS)
    assert (mail.sent_at, mail.attempts) == (None, 1)
    mailbox.answers.clear()
    clock.time += timedelta(minutes=1)
    send(clock)
    assert [message["Subject"] for message in mailbox.messages] == [mail.subject]


def test_without_an_address_of_its_own_the_recipients_get_it(
    live: Capital, mailbox: Mailbox, clock: FakeClock
) -> None:
    version = live.sync.version
    version.config = {**version.config, "recipients": ["all@district.example"]}
    version.config["settings"].pop("error_recipients")
    version.save()
    see(live, clock, refused(live, 1))
    send(clock)
    assert mailbox.messages[0]["To"] == "all@district.example"


def test_a_refusal_of_an_edit_reaches_the_address(live: Capital, mailbox: Mailbox) -> None:
    live.state.faults.refuse("students", ("0625000000001",))
    student = Student.objects.filter(district=live.district, local_id="000001")
    refusals = Alert.objects.filter(sync=live.sync, kind=AlertKind.REFUSED)
    with live.attended():
        student.update(first_name="Solveig")
        until_true(refusals.exists)
    send(live.clock)
    (message,) = mailbox.messages
    assert "Students: 000001" in message.get_content()
    assert "Solveig" not in message.get_content()
