"""The report of the partner's rules becomes problems of students that end with the next report."""

from datetime import timedelta

import pytest
from tests.clock import FakeClock
from tests.minnesota import Capital
from tests.town import Town

from rollcall.core.problems import Problem
from rollcall.engine.models import Alert, AlertKind, AlertState
from rollcall.engine.outbound.problems import rules_report
from rollcall.records.models import Student

HEADER = (
    "Component,Severity,ErrorCode,ErrorText,StudentUniqueId,StudentFullName,School,SchoolId,"
    "DateEnrolled,DateWithdrawn,Grade"
)
EARLY = "StudentEnrollment,Error,10.10.6521,55. Leaves early,{id},Olson Kari,Lake,10625010,,,5"
OTHER = "StudentEnrollment,Warning,10.10.9999,007. Something odd,{id},Olson Kari,Lake,10625010,,,5"
NOBODY = "SchoolGrade,Warning,10.10.6530,149. Nobody,,,Lake,10625010,,,5"


def report(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines, ""]).encode()


def number(student: int) -> str:
    return f"0625{student:09}"


@pytest.fixture
def two(capital: Capital) -> Capital:
    capital.student(1)
    capital.student(2)
    return capital


def alerts(capital: Capital, *states: AlertState) -> list[Alert]:
    found = Alert.objects.filter(sync=capital.sync, kind=AlertKind.RULE).order_by("code", "subject")
    return list(found.filter(state__in=states) if states else found)


def subject(capital: Capital, student: int) -> str:
    pk = Student.objects.get(district=capital.district, local_id=f"{student:06}").pk
    return f"student:{pk}"


def test_each_rule_of_each_student_is_an_alert_in_our_words_and_theirs(two: Capital) -> None:
    lines = [EARLY.format(id=number(1)), EARLY.format(id=number(1)), OTHER.format(id=number(2))]
    told = rules_report.upload(two.sync, report(*lines), two.clock, "steward")
    assert (told.rows, told.students, told.opened, told.resolved) == (3, 2, 2, 0)
    early, odd = alerts(two)
    assert (early.code, early.subject, early.detail) == (
        "edfi.marss_55_6521",
        subject(two, 1),
        "55",
    )
    assert (early.count, early.severity) == (2, "error")
    assert early.text.endswith("(55. Leaves early)")
    assert (odd.code, odd.subject, odd.severity) == ("rules.broken", subject(two, 2), "warning")
    assert (odd.text, odd.detail) == ("007. Something odd", "7")


def test_what_a_new_report_no_longer_has_is_resolved_and_the_rest_goes_on(two: Capital) -> None:
    clock = FakeClock()
    both = [EARLY.format(id=number(1)), EARLY.format(id=number(2))]
    rules_report.upload(two.sync, report(*both), clock, "steward")
    clock.time += timedelta(days=7)
    told = rules_report.upload(two.sync, report(both[1]), clock, "steward")
    assert (told.opened, told.continuing, told.resolved) == (0, 1, 1)
    (resolved,) = alerts(two, AlertState.RESOLVED)
    assert (resolved.subject, resolved.resolved_at) == (subject(two, 1), clock.now())
    (left,) = alerts(two, AlertState.OPEN)
    assert left.last_seen - left.first_seen == timedelta(days=7)
    assert rules_report.upload(two.sync, report(), clock, "steward").resolved == 1
    assert alerts(two, AlertState.OPEN) == []


def test_rows_that_cannot_be_read_resolve_nothing(two: Capital) -> None:
    rules_report.upload(two.sync, report(EARLY.format(id=number(1))), two.clock, "steward")
    lines = ["too,few", OTHER.format(id=number(2))]
    told = rules_report.upload(two.sync, report(*lines), two.clock, "steward")
    assert (told.unreadable, told.resolved) == (1, 0)
    assert len(alerts(two, AlertState.OPEN)) == 2


def test_strangers_are_told_and_what_is_about_nobody_is_of_the_sync(two: Capital) -> None:
    lines = [NOBODY, EARLY.format(id="0999000000001")]
    told = rules_report.upload(two.sync, report(*lines), two.clock, "steward")
    assert told.strangers == [(2, "0999000000001")]
    (alert,) = alerts(two)
    assert (alert.subject, alert.detail) == ("", "149 10625010 5")


def test_who_uploaded_and_looked_when_is_remembered(two: Capital) -> None:
    clock = FakeClock()
    assert rules_report.last_look(two.sync) is None
    rules_report.upload(two.sync, report(EARLY.format(id=number(1))), clock, "steward")
    clock.time += timedelta(days=1)
    rules_report.looked(two.sync, clock, "admin")
    upload, look = rules_report.last_upload(two.sync), rules_report.last_look(two.sync)
    assert upload
    assert look
    assert (upload.by, upload.counts["opened"]) == ("steward", 1)
    assert (look.by, look.at, look.counts) == ("admin", clock.now(), {})


def test_a_file_that_is_no_report_changes_nothing(two: Capital) -> None:
    rules_report.upload(two.sync, report(EARLY.format(id=number(1))), two.clock, "steward")
    with pytest.raises(Problem) as raised:
        rules_report.upload(two.sync, b"Name,Grade\nMai,5\n", two.clock, "steward")
    assert raised.value.code == "file.header"
    assert len(alerts(two, AlertState.OPEN)) == 1


def test_a_sync_without_such_a_report_says_so(town: Town) -> None:
    assert not rules_report.can(town.sync)
    with pytest.raises(Problem) as raised:
        rules_report.upload(town.sync, report(), town.clock, "steward")
    assert raised.value.code == "rules.no_report"
