"""Alerts live until they are resolved, and nobody has to close one by hand."""

from collections.abc import Callable
from datetime import timedelta

import polars as pl
import pytest
from tests.town import RowMaker, Town

from rollcall.core.plans.exclusion import Exclusion
from rollcall.core.problems import Problem
from rollcall.engine.alerts import alerts, timed_alerts
from rollcall.engine.alerts.alerts import Seen
from rollcall.engine.mail import outbox
from rollcall.engine.models import UNRESOLVED, Alert, AlertKind, AlertState, Mail, RunState
from rollcall.engine.runs.approving import approve, discard
from rollcall.engine.runs.pausing import pause, resume
from rollcall.engine.runs.undoing import start_undo

DAILY = {"frequency": "daily", "at": ["18:30"], "enabled": True}
Unresolved = Callable[[], dict[str, Alert]]


@pytest.fixture
def ready(town: Town, students: pl.DataFrame, table_a: RowMaker) -> Town:
    town.load({"students": students})
    town.drop("A.csv", table_a(SSID="0000000001").encode())
    return town


@pytest.fixture
def unresolved(ready: Town) -> Unresolved:
    def of_sync() -> dict[str, Alert]:
        found = alerts.listed(ready.district, sync=ready.sync)
        return {alert.code: alert for alert in found}

    return of_sync


def rows(town: Town, *lines: str) -> None:
    town.drop("A.csv", "\n".join(lines).encode())


def test_a_failure_opens_goes_on_and_is_resolved_by_the_next_good_run(
    ready: Town, unresolved: Unresolved, table_a: RowMaker
) -> None:
    (ready.outgoing / "A.csv").unlink()
    first, second = ready.run(), ready.run()
    (alert,) = unresolved().values()
    assert (alert.code, alert.kind, alert.times) == ("file.missing", AlertKind.FAILED, 2)
    assert (alert.first_run, alert.last_run) == (first, second)
    assert alerts.words(alert)[1] == "The person who exports the file"
    rows(ready, table_a(SSID="0000000001"))
    good = ready.run()
    assert unresolved() == {}
    assert [one.code for one in alerts.of_run(good).resolved] == ["file.missing"]
    assert [one.code for one in alerts.of_run(first).new] == ["file.missing"]
    assert [one.code for one in alerts.of_run(second).continuing] == ["file.missing"]


def test_a_resolved_problem_that_comes_back_is_a_new_alert(ready: Town, table_a: RowMaker) -> None:
    for content in (None, table_a(SSID="0000000001"), None):
        (ready.outgoing / "A.csv").unlink(missing_ok=True)
        if content:
            rows(ready, content)
        ready.run()
    states = Alert.objects.filter(sync=ready.sync, code="file.missing").order_by("pk")
    assert list(states.values_list("state", flat=True)) == [AlertState.RESOLVED, AlertState.OPEN]


def test_findings_in_rows_go_on_through_a_failure(
    ready: Town, unresolved: Unresolved, table_a: RowMaker
) -> None:
    bad = table_a(SSID="0000000003", BIRTHDATE="never")
    rows(ready, table_a(SSID="0000000001"), bad, bad)
    ready.run()
    (code,) = unresolved()
    assert unresolved()[code].count == 2
    (ready.outgoing / "A.csv").unlink()
    ready.run()
    assert set(unresolved()) == {code, "file.missing"}
    rows(ready, table_a(SSID="0000000001", GRADE="03"), bad)
    ready.run()
    assert set(unresolved()) == {code}
    assert (unresolved()[code].count, unresolved()[code].times) == (1, 2)
    rows(ready, table_a(SSID="0000000001", GRADE="04"))
    ready.run()
    assert unresolved() == {}


def test_a_corrected_part_that_was_uploaded_does_not_resolve_what_the_whole_file_has(
    ready: Town, unresolved: Unresolved, table_a: RowMaker
) -> None:
    bad = table_a(SSID="0000000003", BIRTHDATE="never")
    rows(ready, table_a(SSID="0000000001"), bad)
    ready.run()
    before = set(unresolved())
    corrected = ready.folder / "corrected.csv"
    corrected.write_text(table_a(SSID="0000000003"))
    assert ready.run(uploads={"students": corrected}).state == RunState.DONE
    assert set(unresolved()) == before


def test_the_same_files_again(ready: Town, unresolved: Unresolved) -> None:
    ready.run()
    ready.run()
    assert unresolved()["file.unchanged"].kind == AlertKind.SAME_FILES


def test_a_test_run_opens_and_resolves_nothing(ready: Town, unresolved: Unresolved) -> None:
    (ready.outgoing / "A.csv").unlink()
    ready.run(test=True)
    assert unresolved() == {}


@pytest.mark.usefixtures("only_new_syncs")
def test_a_held_run_is_an_alert_until_somebody_decides(ready: Town, unresolved: Unresolved) -> None:
    ready.apply(guards={"minimum_population": 0, "add": {"count": 0}})
    run = ready.run()
    assert unresolved()["guard.exceeded"].kind == AlertKind.HELD
    ready.clock.time += timedelta(hours=25)
    timed_alerts.update_timed_alerts(ready.clock)
    assert set(unresolved()) == {"guard.exceeded", "run.held_long"}
    discard(run, "tester", ready.clock)
    assert unresolved() == {}  # at once: nobody waits for the clock


@pytest.mark.parametrize("moved", [False, True])
def test_approving_ends_the_alert_at_once(ready: Town, unresolved: Unresolved, moved: bool) -> None:
    """Also when it shows that the plan is stale."""
    ready.apply(guards={"minimum_population": 0, "add": {"count": 0}})
    run = ready.run()
    assert set(unresolved()) == {"guard.exceeded"}
    if moved:
        ready.apply(guards={"minimum_population": 0, "add": {"count": 1}})
        with pytest.raises(Problem, match="settings were changed"):
            approve(run, "tester", ready.clock)
    else:
        approve(run, "tester", ready.clock)
    assert unresolved() == {}


def test_the_alert_stays_while_another_run_is_held(ready: Town, unresolved: Unresolved) -> None:
    ready.apply(guards={"minimum_population": 0, "add": {"count": 0}})
    first, second = ready.run(), ready.run()
    discard(first, "tester", ready.clock)
    assert set(unresolved()) == {"guard.exceeded"}
    discard(second, "tester", ready.clock)
    assert unresolved() == {}


def test_what_was_left_out_of_a_run_is_no_alert_once_it_is_undone(
    ready: Town, unresolved: Unresolved, table_a: RowMaker
) -> None:
    ready.apply(guards={"minimum_population": 0, "add": {"count": 0}})
    rows(ready, table_a(SSID="0000000001"), table_a(SSID="0000000003"))
    done = []
    for _ in range(2):  # what is left out is wanted by the next file again
        run = ready.run(forced=True)
        out = Exclusion(lines={"students": frozenset({2})})
        done.append(ready.execute(approve(run, "tester", ready.clock, exclusion=out)))
    assert set(unresolved()) == {"approval.excluded"}
    for run, left in zip(done, [{"approval.excluded"}, set()], strict=True):
        ready.execute(start_undo(run, "tester", ready.clock, test=True))
        ready.execute(start_undo(run, "tester", ready.clock, test=False))
        assert set(unresolved()) == left


@pytest.mark.usefixtures("only_new_syncs")
def test_late_is_mailed_once_and_resolved_by_the_run(ready: Town, unresolved: Unresolved) -> None:
    from rollcall.engine.worker.scheduling import start_due_of

    ready.apply(schedule=DAILY)
    before = len(ready.mails())
    ready.clock.time += timedelta(hours=10)  # the worker was away from 18:30 on
    for _ in range(2):
        timed_alerts.update_timed_alerts(ready.clock)
        outbox.send_due(ready.district.pk, ready.clock)
    (mail,) = ready.mails()[before:]
    assert "Test Unified, casemis: The sync was due" in mail["Subject"]
    assert "due on Mon Dec 5, 6:30 pm" in mail["Subject"]
    assert "What to do: See whether a `rollcall worker` is running" in mail.get_content()
    run = start_due_of(ready.sync.pk, ready.clock)
    assert run
    timed_alerts.update_timed_alerts(ready.clock)
    assert set(unresolved()) == {"sync.late"}  # it has begun, it has not ended
    ready.execute(run)
    assert unresolved() == {}


@pytest.mark.usefixtures("only_new_syncs")
def test_a_pause_ends_being_late(ready: Town, unresolved: Unresolved) -> None:
    ready.apply(schedule=DAILY)
    ready.clock.time += timedelta(hours=10)
    timed_alerts.update_timed_alerts(ready.clock)
    pause(ready.sync, ready.clock)
    timed_alerts.update_timed_alerts(ready.clock)
    assert unresolved() == {}
    resume(ready.sync, ready.clock)
    timed_alerts.update_timed_alerts(ready.clock)
    assert unresolved() == {}


def test_a_mail_about_what_is_resolved_already_is_not_sent(ready: Town) -> None:
    ready.apply(schedule=DAILY)
    before = len(ready.mails())
    ready.clock.time += timedelta(hours=10)
    timed_alerts.update_timed_alerts(ready.clock)
    alerts.resolve(Alert.objects.filter(sync=ready.sync), ready.clock)
    outbox.send_due(ready.district.pk, ready.clock)
    assert len(ready.mails()) == before
    assert not Mail.objects.filter(alert__sync=ready.sync, next_attempt__isnull=False).exists()


def test_a_person_acknowledges_with_a_note(ready: Town, table_a: RowMaker) -> None:
    (ready.outgoing / "A.csv").unlink()
    ready.run()
    (alert,) = alerts.listed(ready.district)
    known = alerts.acknowledge(alert, "pat", "Asked the vendor.", ready.clock)
    assert (known.state, known.acknowledged_by, known.note) == (
        AlertState.ACKNOWLEDGED,
        "pat",
        "Asked the vendor.",
    )
    ready.run()
    assert [one.state for one in alerts.listed(ready.district)] == [AlertState.ACKNOWLEDGED]
    rows(ready, table_a(SSID="0000000001"))
    ready.run()
    with pytest.raises(Problem, match="resolved meanwhile"):
        alerts.acknowledge(alert, "pat", "", ready.clock)


def test_many_subjects_are_seen_in_one_statement_and_listed_by_key(ready: Town) -> None:
    sync = ready.sync
    seen = [
        Seen(AlertKind.FINDING, "file.missing", "text", "error", 1, f"student:{number}")
        for number in range(1000)
    ]
    assert len(alerts.open_or_renew(sync.district_id, sync.pk, seen, ready.clock)) == 1000
    assert alerts.open_or_renew(sync.district_id, sync.pk, seen, ready.clock) == []
    pages, before = [], None
    while page := alerts.listed(ready.district, UNRESOLVED, before=before, limit=400):
        pages += [alert.subject for alert in page]
        before = page[-1].pk
    assert len(pages) == len(set(pages)) == 1000
