"""A run that carries over what an earlier one decided plans just what deciding everything plans."""

from datetime import date
from pathlib import Path
from uuid import uuid4

import polars as pl
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.clock import FakeClock
from tests.town import NOW, RowMaker, Town

from rollcall.engine import artifacts, registry
from rollcall.engine.models import Run, RunState
from rollcall.engine.plans import plan_store
from rollcall.engine.runs.results import result
from rollcall.integrations.casemis.models import SpecialEducation
from rollcall.records.models import Calendar, Student

NAMES = ("Ito", "García", "Lee", "Nguyen")
DAYS = ("2007-05-09", "2008-03-14")
#: From this student on, names are their own and rows come without SSID, to be matched by name.
NAMED = 9


def district(folder: Path) -> Town:
    town = Town(uuid4().hex[:7], folder, FakeClock(NOW), recipients=[])
    for each in (town.mailbox, town.outgoing):
        each.mkdir(parents=True)
    town.apply()
    return town


def first_name(n: int) -> str:
    return "Kim" if n < NAMED else f"Kim{n}"


def twelve() -> pl.DataFrame:
    """Twelve students, each with an SSID; the first of them have few names."""
    return pl.DataFrame(
        [
            {
                "local_id": f"10{n:04}",
                "state_id": f"{n:010}",
                "last_name": NAMES[n % 4],
                "first_name": first_name(n),
                "birth_date": DAYS[n % 2],
                "grade": "03",
            }
            for n in range(1, 13)
        ]
    )


def row(table_a: RowMaker, n: int, **more: str) -> str:
    values = {"SSID": f"{n:010}", "LAST_NAME": NAMES[n % 4], "FIRST_NAME": first_name(n)}
    day = f"{date.fromisoformat(DAYS[n % 2]):%m/%d/%Y}"
    if n >= NAMED:
        values["SSID"] = ""
    return table_a(**{**values, "BIRTHDATE": day, "DISABILIT1": "240", **more})


def drop(town: Town, lines: list[str]) -> None:
    town.drop("A.csv", ("\n".join(lines) + "\n").encode())


def both(town: Town) -> tuple[Run, Run]:
    """A test run that may carry over, and one that decides everything."""
    return town.run(test=True), town.run(test=True, forced=True)


def _frames(run: Run) -> list[pl.DataFrame]:
    plan = plan_store.load(run, registry.integration(run.sync.integration).records)
    changes = plan.changes["special_education"]
    assert changes.stamp is not None
    absent = plan.absent["special_education"]
    return [plan.rows["students"], plan.findings, changes.after, changes.stamp, absent]


def assert_same(one: Run, other: Run) -> None:
    """Counts, findings, rows, changes and reports are the same."""
    assert (one.state, one.counts, one.plan_sha256) == (
        other.state,
        other.counts,
        other.plan_sha256,
    )
    frames = zip(_frames(one), _frames(other), strict=True)
    for mine, anew in frames:
        assert_frame_equal(mine, anew, check_row_order=False)
    reports = [
        dict(run.artifacts.filter(kind="report").values_list("name", "sha256"))
        for run in (one, other)
    ]
    assert reports[0] == reports[1]


@pytest.fixture
def imported(wired: None, tmp_path: Path, table_a: RowMaker) -> tuple[Town, list[str]]:
    """A district whose twelve rows were imported yesterday."""
    town = district(tmp_path)
    town.load({"students": twelve()})
    lines = [row(table_a, n) for n in range(1, 13)]
    drop(town, lines)
    assert town.run().state == RunState.DONE
    return town, lines


class TestTheNextDaysFile:
    def test_only_new_lines_are_decided(
        self, imported: tuple[Town, list[str]], table_a: RowMaker
    ) -> None:
        town, lines = imported
        drop(town, [*lines[1:], row(table_a, 1, PLAN_TYPE="10")])
        run, anew = both(town)
        assert (run.carried, anew.carried) == (10, 0)
        assert result(run)["carried_from"] == Run.objects.filter(sync=town.sync).earliest("pk").pk
        assert run.counts["students"]["updated"] == 1
        assert_same(run, anew)

    def test_a_student_edited_since_is_decided_anew(self, imported: tuple[Town, list[str]]) -> None:
        town, lines = imported
        Student.objects.filter(district=town.district, local_id="100005").update(state_id=None)
        drop(town, lines[::-1])
        run, anew = both(town)
        assert run.counts["students"]["unmatched"] == 1
        assert run.carried == 10
        assert_same(run, anew)

    def test_a_record_edited_since_is_put_right_again(
        self, imported: tuple[Town, list[str]]
    ) -> None:
        town, lines = imported
        SpecialEducation.objects.filter(district=town.district, local_id="100005").update(
            disability1="210"
        )
        drop(town, lines[::-1])
        run, anew = both(town)
        assert run.counts["students"]["updated"] == 1
        assert run.carried > 0
        assert_same(run, anew)

    def test_a_new_line_with_an_ssid_of_an_old_one_makes_both_duplicates(
        self, imported: tuple[Town, list[str]], table_a: RowMaker
    ) -> None:
        town, lines = imported
        drop(town, [*lines, row(table_a, 7, PLAN_TYPE="10")])
        run, anew = both(town)
        assert run.counts["students"]["duplicate"] == 2
        assert run.carried > 0
        assert_same(run, anew)

    def test_two_rows_without_ssid_that_name_an_old_rows_student_make_all_three_duplicates(
        self, imported: tuple[Town, list[str]], table_a: RowMaker
    ) -> None:
        town, lines = imported
        student = Student.objects.get(district=town.district, local_id="100003")
        Student.objects.filter(pk=student.pk).update(last_name="Unique")
        drop(town, lines[::-1])
        town.run()
        named = {"SSID": "", "LAST_NAME": "Unique", "BIRTHDATE": "03/14/2008"}
        day = {"BIRTHDATE": f"{student.birth_date:%m/%d/%Y}"}
        drop(town, [*lines, *(row(table_a, 3, **{**named, **day}, GRADE=g) for g in ("04", "05"))])
        run, anew = both(town)
        assert run.counts["students"]["duplicate"] == 3
        assert run.carried > 0
        assert_same(run, anew)

    def test_a_row_matched_by_name_is_carried_until_a_student_of_that_name_comes(
        self, imported: tuple[Town, list[str]]
    ) -> None:
        town, lines = imported
        drop(town, lines[::-1])
        assert town.run(test=True).carried == 11
        edit(town, 10, "new student")
        run, anew = both(town)
        assert run.counts["students"]["ambiguous"] == 1
        assert run.carried == 10
        assert_same(run, anew)

    def test_a_student_who_gets_the_name_and_day_of_a_row_takes_it_back(
        self, imported: tuple[Town, list[str]]
    ) -> None:
        town, lines = imported
        edit(town, 2, "namesake")
        drop(town, lines)
        run, anew = both(town)
        assert run.counts["students"]["ambiguous"] == 1
        assert run.carried > 0
        assert_same(run, anew)

    def test_a_new_line_with_the_ssid_of_one_matched_by_name_makes_both_duplicates(
        self, imported: tuple[Town, list[str]], table_a: RowMaker
    ) -> None:
        town, lines = imported
        drop(town, [*lines, row(table_a, 10, SSID="0000000010")])
        run, anew = both(town)
        assert run.counts["students"]["duplicate"] == 2
        assert run.carried > 0
        assert_same(run, anew)

    def test_new_lines_that_are_all_bad_are_rejected_and_the_rest_carried(
        self, imported: tuple[Town, list[str]]
    ) -> None:
        town, lines = imported
        drop(town, [*lines, "one,two", 'a "stray'])
        run, anew = both(town)
        assert run.counts["students"]["rejected"] == 2
        assert run.carried == 11
        assert_same(run, anew)

    def test_an_undone_import_is_no_memory(self, imported: tuple[Town, list[str]]) -> None:
        from rollcall.engine.runs.undoing import start_undo

        town, lines = imported
        last = Run.objects.filter(sync=town.sync).latest("pk")
        town.execute(start_undo(last, "tester", town.clock, test=False))
        drop(town, lines[::-1])
        run, anew = both(town)
        assert (run.carried, run.counts["students"]["added"]) == (0, 12)
        assert_same(run, anew)

    def test_what_is_gone_of_the_earlier_run_is_decided_anew(
        self, imported: tuple[Town, list[str]]
    ) -> None:
        town, lines = imported
        last = Run.objects.filter(sync=town.sync).latest("pk")
        artifacts.path_of(last.artifacts.get(name="students.lines.parquet")).unlink()
        drop(town, lines[::-1])
        run = town.run(test=True)
        assert (run.state, run.carried) == (RunState.DONE, 0)

    def test_other_settings_decide_anew(self, imported: tuple[Town, list[str]]) -> None:
        town, lines = imported
        town.apply(settings={"students_file": "A.csv", "bad_field": "keep"})
        drop(town, lines[::-1])
        assert town.run(test=True).carried == 0

    def test_what_else_rows_are_decided_by_decides_anew(
        self, imported: tuple[Town, list[str]]
    ) -> None:
        town, lines = imported
        Calendar.objects.create(
            district=town.district, school_year="2016-2017", first_day="2016-08-15"
        )
        drop(town, lines[::-1])
        run, anew = both(town)
        assert run.carried == 0
        assert_same(run, anew)


#: A day: what is edited in the district (student, what), and how the file's lines are changed.
EDITS = st.lists(
    st.tuples(
        st.integers(1, 12),
        st.sampled_from(
            ["clear id", "other id", "rename", "namesake", "remove", "record", "new student"]
        ),
    ),
    max_size=2,
)
LINES = st.lists(
    st.tuples(
        st.integers(1, 14),
        st.sampled_from(
            ["same", "plan", "twice", "no id", "id", "bad id", "bad date", "broken", "gone", "name"]
        ),
    ),
    max_size=5,
)


def edit(town: Town, n: int, what: str) -> None:
    students = Student.objects.filter(district=town.district, local_id=f"10{n:04}")
    records = SpecialEducation.objects.filter(district=town.district, local_id=f"10{n:04}")
    match what:
        case "clear id":
            students.update(state_id=None)
        case "other id":
            students.update(state_id=f"{n % 3 + 1:010}")
        case "rename":
            students.update(last_name="Ito")
        case "namesake":
            named = {"last_name": NAMES[0], "first_name": first_name(12), "birth_date": DAYS[0]}
            students.update(**named)
        case "remove":
            records.delete()
        case "record":
            records.update(disability1="210")
        case "new student":
            new = {
                "local_id": f"20{uuid4().hex[:6]}",
                "last_name": NAMES[n % 4],
                "first_name": first_name(n),
            }
            Student.objects.create(
                district=town.district, state_id=f"{n:010}", birth_date=DAYS[n % 2], **new
            )


def changed(table_a: RowMaker, lines: list[str], n: int, how: str) -> list[str]:
    place = (n - 1) % len(lines)
    before, after = lines[:place], lines[place + 1 :]

    def new(**more: str) -> str:
        return row(table_a, n, **more)

    files = {
        "same": lines,
        "gone": before + after or lines,
        "twice": [*lines, lines[place]],
        "plan": [*before, new(PLAN_TYPE="10"), *after],
        "no id": [*lines, new(SSID="", PLAN_TYPE="20")],
        "id": [*lines, new(SSID=f"{n:010}", PLAN_TYPE="20")],
        "bad id": [*lines, new(SSID=f"{n:010}", BIRTHDATE="13/45/2007")],
        "name": [new(SSID="", BIRTHDATE="03/14/2008"), *lines],
        "bad date": [*lines, new(BIRTHDATE="13/45/2007")],
        "broken": [*lines, new() + ",more", '"stray'],
    }
    return files[how]


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(days=st.lists(st.tuples(EDITS, LINES), min_size=1, max_size=2))
def test_carrying_over_changes_no_plan(
    wired: None,
    tmp_path_factory: pytest.TempPathFactory,
    table_a: RowMaker,
    days: list[tuple[list[tuple[int, str]], list[tuple[int, str]]]],
) -> None:
    town = district(tmp_path_factory.mktemp("town"))
    town.load({"students": twelve()})
    lines = [row(table_a, n) for n in range(1, 13)]
    drop(town, lines)
    town.run()
    for edits, changes in days:
        for n, what in edits:
            edit(town, n, what)
        for n, how in changes:
            lines = changed(table_a, lines, n, how)
        drop(town, lines)
        run, anew = both(town)
        event(f"carried some: {run.carried > 0}")
        assert_same(run, anew)
        town.run()
