"""Excluded changes: what is applied is the plan without them, and everybody can see it."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from tests.town import RowMaker, Town

from rollcall.core.plans.exclusion import Exclusion
from rollcall.core.problems import Problem
from rollcall.engine.models import Run, RunState
from rollcall.engine.plans import browsing, explaining
from rollcall.engine.runs import approving
from rollcall.integrations.casemis.models import Service
from rollcall.records.models import RecordStamp, Student

STRICT = {"minimum_population": 1, "add": {"percent": 0}, "update": {"percent": 0}}
PLANS = ("10", "15", "20", "30")


@pytest.fixture
def held(town: Town, students: pl.DataFrame, table_a: RowMaker) -> Run:
    """A held run that updates one record and adds two."""
    town.load({"students": students})
    town.drop("A.csv", table_a(SSID="0000000001", PLAN_TYPE="10").encode())
    town.run()
    town.apply(guards=STRICT)
    plans = {"0000000001": "20", "0000000003": "20", "0000000004": "30"}
    rows = [table_a(SSID=ssid, PLAN_TYPE=plan) for ssid, plan in plans.items()]
    town.drop("A.csv", "\n".join(rows).encode())
    run = town.run()
    assert run.state == RunState.HELD
    return run


def lines(*numbers: int) -> Exclusion:
    return Exclusion(lines={"students": frozenset(numbers)})


def approve(town: Town, run: Run, exclusion: Exclusion) -> Run:
    approved = approving.approve(run, "approver", town.clock, "not yet", exclusion)
    return town.execute(approved)


def plans(town: Town) -> dict[str, Any]:
    return {r["local_id"]: r["plan_type"] for r in town.special_education()}


def test_what_is_excluded_stays_as_it_was(town: Town, held: Run) -> None:
    done = approve(town, held, lines(1, 3))
    assert (done.state, done.plan_sha256) == (RunState.DONE, held.plan_sha256)
    assert plans(town) == {"100001": "10", "100003": "20"}


def test_a_record_without_a_line_is_named_by_its_key(town: Town, held: Run) -> None:
    approve(town, held, Exclusion(keys={"special_education": ({"local_id": "100001"},)}))
    assert plans(town) == {"100001": "10", "100003": "20", "100004": "30"}


def test_the_counts_are_those_of_what_was_written(town: Town, held: Run) -> None:
    counts = approve(town, held, lines(1, 3)).counts["students"]
    assert (counts["added"], counts["updated"], counts["excluded"]) == (1, 0, 2)
    assert (counts["read"], counts["matched"]) == (3, 3)


def test_reports_findings_and_summary_say_so(town: Town, held: Run) -> None:
    done = approve(town, held, lines(1))
    (told,) = town.report(done, "ExcludedChanges").rows(named=True)
    assert (told["Record"], told["Change"], told["Input"]) == (
        "special_education",
        "update",
        "students",
    )
    assert (told["OriginalLineNumber"], told["Key"]) == ("1", "local_id: 100001")
    assert (told["ExcludedBy"], told["Note"]) == ("approver", "not yet")
    imported = town.report(done, "CASEMIS_TypeA_ImportedRecords")
    assert imported["OriginalLineNumber"].to_list() == ["2", "3"]
    assert ["Changes excluded by a person", 1] in done.summary
    assert done.findings[0]["code"] == "approval.excluded"


def test_nothing_is_said_when_nothing_was_excluded(town: Town, held: Run) -> None:
    done = approve(town, held, Exclusion())
    assert "excluded" not in done.counts["students"]
    assert not done.artifacts.filter(name="ExcludedChanges.csv").exists()


def test_explain_says_who_left_it_out(town: Town, held: Run) -> None:
    done = approve(town, held, lines(1))
    assert explaining.explain(done, 1).reasons[-1] == (
        "approver left its changes out on 2016-12-05: not yet"
    )
    assert "left" not in explaining.explain(done, 2).reasons[-1]


def test_the_page_of_changes_marks_them(town: Town, held: Run) -> None:
    done = approve(town, held, lines(1))
    page = browsing.changes(done, "special_education")
    assert [one["excluded"] for one in page.rows] == [True, False, False]
    for excluded, expected in ((True, [1]), (False, [2, 3])):
        only = browsing.ChangeFilter(excluded=excluded)
        page = browsing.changes(done, "special_education", only)
        assert [one["line"] for one in page.rows] == expected


def test_what_would_be_left_out_is_marked_before_anybody_approves(town: Town, held: Run) -> None:
    by_key = Exclusion(keys={"special_education": ({"local_id": "100003"},)})
    page = browsing.changes(held, "special_education", exclusion=by_key)
    assert [one["excluded"] for one in page.rows] == [False, True, False]
    only = browsing.ChangeFilter(excluded=True)
    assert browsing.kind_counts(held, "special_education", only, by_key) == {"add": 1}


def test_the_record_is_not_stamped(town: Town, held: Run) -> None:
    done = approve(town, held, lines(1))
    (stamp,) = RecordStamp.objects.filter(district=town.district, run_id=done.pk)
    assert sorted(stamp.local_ids) == ["100003", "100004"]


def test_undo_puts_back_only_what_was_written(town: Town, held: Run) -> None:
    from rollcall.engine.runs.undoing import start_undo

    done = approve(town, held, lines(1))
    undone = town.execute(start_undo(done, "approver", town.clock, test=False))
    assert undone.state == RunState.DONE
    assert plans(town) == {"100001": "10"}


def test_the_whole_plan_must_still_be_the_one_that_was_looked_at(town: Town, held: Run) -> None:
    from rollcall.integrations.casemis.models import SpecialEducation

    approved = approving.approve(held, "approver", town.clock, "", lines(1))
    SpecialEducation.objects.filter(district=town.district).update(plan_type="70")
    assert town.execute(approved).state == RunState.STALE
    assert plans(town) == {"100001": "70"}


def test_what_the_plan_does_not_change_cannot_be_excluded(town: Town, held: Run) -> None:
    for unknown in (
        lines(9),
        Exclusion(lines={"nope": frozenset([1])}),
        Exclusion(keys={"special_education": ({"local_id": "100005"},)}),
        Exclusion(keys={"special_education": ({"nope": "100005"},)}),
    ):
        with pytest.raises(Problem) as raised:
            approving.approve(held, "approver", town.clock, "", unknown)
        assert raised.value.code == "approval.exclude_unknown"
        assert "100005" not in str(raised.value)
    held.refresh_from_db()
    assert held.state == RunState.HELD


def test_a_removal_is_excluded_by_its_key(
    town: Town, students: pl.DataFrame, table_a: RowMaker
) -> None:
    files = {"students_file": "A.csv", "services_file": "B.csv"}
    town.apply(settings=files)
    town.load({"students": students})
    town.drop("A.csv", table_a(SSID="0000000001").encode())
    town.drop("B.csv", b",,,0000000001,330,,,,\n,,,0000000001,415,,,,")
    town.run()
    town.apply(settings=files, guards={"minimum_population": 1, "remove": {"percent": 0}})
    town.drop("B.csv", b",,,0000000001,340,,,,")
    held = town.run()
    removals = browsing.changes(held, "service", browsing.ChangeFilter(kind="remove")).rows
    key = next(one["key"] for one in removals if one["key"]["service_code"] == "330")
    done = approve(town, held, Exclusion(keys={"service": (key,)}))
    codes = Service.objects.filter(district=town.district).values_list("service_code", flat=True)
    assert sorted(codes) == ["330", "340"]
    assert done.counts["services"]["removed"] == 1
    assert town.report(done, "ExcludedChanges")["Input"].to_list() == [""]


def test_a_student_is_not_excluded_without_their_enrollments(
    town: Town, students: pl.DataFrame
) -> None:
    from rollcall.engine.models import SyncVersion
    from rollcall.engine.runs.loading import record_files, records_sync
    from rollcall.engine.runs.starting import start

    sync = records_sync(town.district, town.clock, "tester")
    SyncVersion.objects.filter(sync=sync).update(config={"guards": STRICT})
    town.load({"students": students.head(1)})
    (town.folder / "sis").mkdir(exist_ok=True)
    students.write_csv(town.folder / "sis" / "students.csv")
    enrollment = {"local_id": ["100003"], "school_code": ["1"], "school_year": ["2016-2017"]}
    frame = pl.DataFrame({**enrollment, "entry_date": ["2016-08-20"]})
    frame.write_csv(town.folder / "sis" / "enrollments.csv")
    files = record_files(town.folder / "sis", sync)
    held = town.execute(start(sync, town.clock, by="person", uploads=files))
    assert held.state == RunState.HELD
    with pytest.raises(Problem, match="line 1") as raised:
        approving.approve(held, "approver", town.clock, "", lines(3))
    assert raised.value.code == "approval.exclude_needed"
    both = Exclusion({"students": frozenset([3]), "enrollments": frozenset([1])})
    assert approve(town, held, both).state == RunState.DONE
    assert not Student.objects.filter(district=town.district, local_id="100003").exists()


@given(
    old=st.lists(st.sampled_from((None, *PLANS)), min_size=5, max_size=5),
    new=st.lists(st.sampled_from((None, *PLANS)), min_size=5, max_size=5),
    chosen=st.sets(st.integers(0, 4)),
)
@examples(max_examples=4, deadline=None)
def test_applied_is_the_plan_without_what_was_excluded(
    town_of_five: tuple[Town, RowMaker],
    old: list[str | None],
    new: list[str | None],
    chosen: set[int],
) -> None:
    """Also from one run to the next: what was excluded comes again with the next file."""
    town, table_a = town_of_five
    for wanted in (old, new):
        run, rows = _held_for(town, table_a, wanted)
        if run.state != RunState.HELD:
            continue
        before = plans(town)
        page = browsing.changes(run, "special_education").rows
        out = [one for place, one in enumerate(page) if place in chosen]
        done = approve(town, run, lines(*(one["line"] for one in out)))
        kept = {one["local_id"] for one in out}
        expected = before | {i: plan for i, plan in rows.items() if i not in kept}
        assert plans(town) == {i: expected[i] for i in sorted(expected)}
        written = sum(done.counts["students"][kind] for kind in ("added", "updated"))
        assert written + len(out) == len(page)


def _held_for(
    town: Town, table_a: RowMaker, wanted: list[str | None]
) -> tuple[Run, dict[str, str]]:
    """A run of a file with these plan types (None: no row), held if it changes anything."""
    town.apply(guards=STRICT)
    rows = {n: plan for n, plan in enumerate(wanted, 1) if plan}
    file = [table_a(SSID=f"000000000{n}", PLAN_TYPE=plan) for n, plan in rows.items()]
    town.drop("A.csv", ("\n".join(file) or table_a(SSID="9999999999")).encode())
    return town.run(forced=True), {f"10000{n}": plan for n, plan in rows.items()}


def test_the_next_file_asks_again_also_for_a_line_that_has_not_changed(
    town: Town, held: Run, table_a: RowMaker
) -> None:
    """What a line led to is carried over from run to run, but not when it was left out."""
    approve(town, held, lines(1))
    plans_now = {"0000000001": "20", "0000000003": "20", "0000000004": "10"}
    rows = [table_a(SSID=ssid, PLAN_TYPE=plan) for ssid, plan in plans_now.items()]
    town.drop("A.csv", "\n".join(rows).encode())
    again = town.run()
    assert again.counts["students"]["updated"] == 2
