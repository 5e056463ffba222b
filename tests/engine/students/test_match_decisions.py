"""What a person decides about an unmatched row is used by every later run, until revoked."""

from datetime import date, timedelta

import polars as pl
import pytest
from tests.town import RowMaker, Town

from rollcall.core.problems import Problem
from rollcall.engine.models import Run
from rollcall.engine.plans.explaining import explain
from rollcall.engine.runs.approving import approve
from rollcall.engine.students import match_decisions
from rollcall.engine.students.match_decisions import Place
from rollcall.records.models import ChangeLog, MatchDecision, Student


@pytest.fixture
def file(table_a: RowMaker) -> bytes:
    """An unknown SSID, a shared name, a known student, and a row that says nothing."""
    rows = [
        table_a(SSID="9999999999", LAST_NAME="Garcia", FIRST_NAME="Elena", BIRTHDATE="03/14/2008"),
        table_a(LAST_NAME="Lee", FIRST_NAME="Kim", BIRTHDATE="05/09/2007"),
        table_a(SSID="0000000003"),
        table_a(LAST_NAME="Lee"),
    ]
    return "\n".join(rows).encode()


@pytest.fixture
def run(town: Town, students: pl.DataFrame, file: bytes) -> Run:
    town.load({"students": students})
    town.drop("A.csv", file)
    return town.run()


def outcomes(town: Town, run: Run) -> list[str]:
    return [explain(run, line).rule for line in (1, 2, 3, 4)]


def link(town: Town, run: Run, line: int, student: str) -> MatchDecision:
    return match_decisions.link(Place(run, line), student, "Pat", town.clock)


def test_a_link_holds_for_test_and_live_runs_until_it_is_revoked(town: Town, run: Run) -> None:
    assert outcomes(town, run) == [
        *("unknown_state_id", "shared_name", "state_id", "nothing_to_match_on"),
    ]
    made = link(town, run, 1, "100001")
    link(town, run, 2, "100005")
    for again in (town.run(test=True), town.run()):
        assert outcomes(town, again)[:2] == ["link", "link"]
        assert explain(again, 1).local_id == "100001"
    assert [r["local_id"] for r in town.special_education()] == ["100001", "100003", "100005"]
    assert "Linked to student 100001 by Pat on 2016-12-05." in explain(again, 1).reasons
    match_decisions.revoke(town.district, made.pk, "Kim")
    assert outcomes(town, town.run())[:2] == ["unknown_state_id", "link"]


def test_the_same_file_is_read_again_when_something_was_decided(town: Town, run: Run) -> None:
    assert town.run().state == "unchanged"
    link(town, run, 1, "100001")
    assert town.run().state == "done"
    assert town.run().state == "unchanged"


def test_a_plan_decided_before_a_link_is_stale(town: Town, run: Run) -> None:
    town.apply(guards={"minimum_population": 1, "unmatched": {"percent": 10}})
    held = town.run(forced=True)
    assert held.state == "held"
    link(town, run, 1, "100002")
    assert town.execute(approve(held, "tester", town.clock)).state == "stale"


def test_a_new_link_replaces_the_old_one_and_what_it_contradicts(town: Town, run: Run) -> None:
    place = Place(run, 1)
    match_decisions.ignore(place, date(2017, 1, 1), "Pat", town.clock)
    match_decisions.different(place, "100001", "Pat", town.clock)
    link(town, run, 1, "100002")
    assert len(match_decisions.decisions(town.district)) == 2
    link(town, run, 1, "100001")
    (only,) = match_decisions.decisions(town.district, "casemis")
    assert (only.kind, only.local_id, only.state_id) == ("link", "100001", "9999999999")
    match_decisions.different(place, "100001", "Pat", town.clock)
    assert [d.kind for d in match_decisions.decisions(town.district)] == ["different"]


def test_an_ignored_row_is_counted_and_open_again_in_time(town: Town, run: Run) -> None:
    match_decisions.ignore(Place(run, 1), date(2016, 12, 7), "Pat", town.clock)
    ignored = town.run(forced=True)
    assert outcomes(town, ignored)[0] == "ignored"
    assert ignored.counts["students"]["unmatched"] == run.counts["students"]["unmatched"]
    town.clock.sleep(timedelta(days=2).total_seconds())
    assert outcomes(town, town.run(forced=True))[0] == "unknown_state_id"


def test_a_linked_student_who_is_gone_is_a_finding(town: Town, run: Run) -> None:
    link(town, run, 1, "100002")
    Student.objects.get(district=town.district, local_id="100002").delete()
    again = town.run()
    assert outcomes(town, again)[0] == "linked_student_gone"
    assert "match.linked_student_gone" in [one["code"] for one in again.findings]


@pytest.mark.parametrize(
    ("line", "student", "code"),
    [
        (1, "999", "decision.no_student"),
        (4, "100001", "decision.no_identity"),
        (3, "100001", "decision.state_id_taken"),
        (9, "100001", "explain.no_such_line"),
    ],
)
def test_what_cannot_be_linked_says_why(
    town: Town, run: Run, line: int, student: str, code: str
) -> None:
    with pytest.raises(Problem) as raised:
        link(town, run, line, student)
    assert raised.value.code == code


def test_a_day_that_is_past_and_a_number_that_is_none_are_refused(town: Town, run: Run) -> None:
    with pytest.raises(Problem) as raised:
        match_decisions.ignore(Place(run, 1), date(2016, 12, 5), "Pat", town.clock)
    assert raised.value.code == "decision.until_past"
    with pytest.raises(Problem) as raised:
        match_decisions.revoke(town.district, 0, "Pat")
    assert raised.value.code == "decision.unknown"


def test_the_change_log_names_the_person(town: Town, run: Run) -> None:
    made = link(town, run, 1, "100001")
    match_decisions.revoke(town.district, made.pk, "Kim")
    logged = ChangeLog.objects.filter(district_id=town.district.pk, record="match_decision")
    told = logged.order_by("pk").values_list("kind", "person", "source", "local_id")
    assert list(told) == [
        ("add", "Pat", "person", "100001"),
        ("remove", "Kim", "person", "100001"),
    ]
