"""What a run sent is put back, but for what was changed since (promise 6)."""

from datetime import date

import polars as pl
import pytest
from tests.minnesota import Capital
from tests.minnesota_holds import at_the_state

from rollcall.core.problems import Problem
from rollcall.engine.artifacts import checked_path
from rollcall.engine.models import Run, RunState
from rollcall.engine.outbound.models import Submission
from rollcall.engine.runs.runner import execute
from rollcall.engine.runs.undoing import start_undo
from rollcall.records.models import Enrollment, Student


def undo(capital: Capital, run: Run, *, test: bool = False) -> Run:
    started = start_undo(run, "tester", capital.clock, test=test)
    return execute(started.pk, capital.clock)


def counts(run: Run) -> dict[str, int]:
    words = ("added", "updated", "removed")
    return {word: sum(of.get(word, 0) for of in run.counts.values()) for word in words}


def test_undo_leaves_the_state_as_it_was_before_the_run(capital: Capital) -> None:
    for number in (1, 2, 3):
        capital.student(number)
    capital.run()
    before = at_the_state(capital)
    Student.objects.filter(district=capital.district, local_id="000001").update(first_name="Other")
    capital.remove("000002")
    Enrollment.objects.filter(district=capital.district, local_id="000003").update(
        entry_date=date(2025, 9, 3)
    )
    changed = capital.run("resynchronize")
    assert at_the_state(capital) != before
    tested = undo(capital, changed, test=True)
    assert (tested.state, counts(tested)["updated"] > 0) == (RunState.DONE, True)
    assert at_the_state(capital) != before
    undone = undo(capital, changed)
    assert (undone.state, undone.findings) == (RunState.DONE, []), undone.error_text
    assert at_the_state(capital) == before
    assert counts(undone) == counts(tested)
    assert undone.counts["students"]["accepted"] == 1
    with pytest.raises(Problem, match="undone already"):
        undo(capital, changed)


def test_what_was_added_is_taken_away_but_the_students_whom_a_state_keeps(
    capital: Capital,
) -> None:
    capital.student(1)
    first = capital.run()
    undone = undo(capital, first)
    state = at_the_state(capital)
    assert {name for name, documents in state.items() if documents} == {"students"}
    (finding,) = undone.findings
    assert (finding["code"], finding["count"]) == ("undo.kept_documents", 1)
    stored = undone.artifacts.get(kind="report", name="Undo_KeptDocuments.csv")
    assert pl.read_csv(checked_path(stored))["Document"].to_list() == ["students"]


def test_what_was_changed_since_is_kept(capital: Capital) -> None:
    student = capital.student(1)
    capital.student(2)
    capital.run()
    everybody = Student.objects.filter(district=capital.district)
    everybody.update(first_name="Other")
    changed = capital.run("resynchronize")
    Student.objects.filter(pk=student.pk).update(first_name="Newest")
    capital.run("update_student", about={"student": student.pk})
    undone = undo(capital, changed)
    names = {
        one["studentUniqueId"]: one["firstName"] for one in capital.state.documents("students")
    }
    assert names == {"0625000000001": "Newest", "0625000000002": "Kari"}
    # The student and what the state holds of names beside it.
    assert [finding["count"] for finding in undone.findings] == [2]


def test_what_the_state_refused_is_neither_put_back_nor_called_kept(capital: Capital) -> None:
    capital.student(1)
    capital.run()
    Student.objects.filter(district=capital.district).update(first_name="Other")
    capital.state.faults.refuse("students", ("0625000000001",))
    changed = capital.run("resynchronize")
    assert changed.counts["students"]["refused"] == 1
    undone = undo(capital, changed)
    assert (undone.findings, undone.counts["students"]["updated"]) == ([], 0)
    assert Submission.objects.filter(sync=capital.sync, state="refused").count() == 1
