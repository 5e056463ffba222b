"""Batch jobs: what the records say is what the state holds afterwards."""

from datetime import date

import polars as pl
import pytest
from tests.minnesota import Capital, QuickClock

from rollcall.core.problems import Problem
from rollcall.engine.artifacts import checked_path
from rollcall.engine.models import Alert, AlertKind, RunState
from rollcall.engine.outbound.models import MirrorDocument, MirrorRead, PartnerSession, Submission
from rollcall.engine.outbound.near_real_time import attending, switch
from rollcall.engine.plans.explaining import explain
from rollcall.engine.runs.runner import execute
from rollcall.engine.runs.starting import start
from rollcall.engine.worker.stopping import WorkerStops
from rollcall.records.models import Student


def test_start_year_sends_everybody_and_resynchronize_finds_nothing(capital: Capital) -> None:
    for number in range(1, 6):
        capital.student(number)
    run = capital.run()
    assert (run.state, run.findings) == (RunState.DONE, []), run.error_text
    assert len(capital.state.documents("students")) == 5
    assert len(capital.state.documents("studentSchoolAssociations")) == 5
    assert not Submission.objects.filter(sync=capital.sync).exists()
    again = capital.run("resynchronize")
    assert again.state == RunState.DONE
    changed = {name: (n["added"], n["updated"], n["removed"]) for name, n in again.counts.items()}
    assert set(changed.values()) == {(0, 0, 0)}
    assert MirrorDocument.objects.filter(sync=capital.sync, resource="students").count() == 5


def test_a_restored_sync_reads_its_mirror_before_it_decides_whatever_the_job(
    capital: Capital,
) -> None:
    """The state took a document after the backup was made: the mirror knows nothing of it."""
    student, _ = capital.student(1), capital.student(2)
    capital.run()
    switch._set(capital.sync, True, "tester", capital.clock)
    MirrorRead.objects.filter(sync=capital.sync).delete()
    gone = MirrorDocument.objects.filter(sync=capital.sync, local_id="000002")
    gone.delete()
    Student.objects.filter(pk=student.pk).update(first_name="Edited")
    assert not attending.has_work(capital.sync.pk, capital.clock)  # near real time waits
    about = {"student": student.pk}
    assert capital.run("update_student", about=about).state == RunState.DONE
    assert gone.exists()
    assert capital.state.documents("students")[0]["firstName"] == "Edited"
    Student.objects.filter(pk=student.pk).update(first_name="Edited again")
    assert attending.has_work(capital.sync.pk, capital.clock)


def test_a_test_run_shows_and_sends_nothing(capital: Capital) -> None:
    capital.student(1)
    run = capital.run(test=True)
    assert run.state == RunState.DONE
    assert run.counts["students"]["added"] == 1
    assert capital.state.documents("students") == []
    assert not Submission.objects.filter(sync=capital.sync).exists()


def test_a_document_of_the_plan_is_explained_as_a_row_of_a_file_is(capital: Capital) -> None:
    student = capital.student(1)
    capital.run()
    Student.objects.filter(pk=student.pk).update(first_name="Other")
    run = capital.run("resynchronize", test=True)
    answer = explain(run, 1, "students")
    assert (answer.outcome, answer.local_id) == ("update", "000001")
    assert answer.reasons == [
        "The records call for other values than the partner has in this document."
    ]
    (change,) = answer.changes
    assert (change["field"], change["before"], change["after"]) == ("first_name", "Kari", "Other")
    with pytest.raises(Problem, match="document 2 of students"):
        explain(run, 2, "students")


def test_checks_over_the_whole_district_are_made_by_runs_over_all_students(
    capital: Capital,
) -> None:
    first = capital.student(1)
    capital.student(2, state_id=first.state_id, birth_date=date(2013, 1, 1))
    run = capital.run()
    assert "edfi.marss_132_6179" in {one["code"] for one in run.findings}
    stored = checked_path(run.artifacts.get(kind="report", name="PreCheck.csv"))
    told = pl.read_csv(stored, infer_schema=False)
    told = told.filter(pl.col("Code") == "edfi.marss_132_6179")
    assert told["LocalId"].to_list() == ["000001", "000002"]
    assert told["StateId"].to_list() == [first.state_id] * 2
    one = capital.run("update_student", about={"student": first.pk})
    assert "edfi.marss_132_6179" not in {found["code"] for found in one.findings}
    alerts = Alert.objects.filter(sync=capital.sync, code="edfi.marss_132_6179")
    assert not alerts.filter(kind=AlertKind.CHECK).exists()


def test_delete_student_takes_all_documents_of_the_student_and_leaves_the_others(
    capital: Capital,
) -> None:
    student, _ = capital.student(1), capital.student(2)
    capital.run()
    run = capital.run("delete_student", about={"student": student.pk})
    assert run.state == RunState.DONE
    assert run.counts["studentSchoolAssociations"]["accepted"] == 1
    left = capital.state.documents("studentSchoolAssociations")
    assert [one["studentReference"]["studentUniqueId"] for one in left] == ["0625000000002"]


def test_an_error_of_the_pre_check_is_one_alert_of_its_student(capital: Capital) -> None:
    student = capital.student(1, birth_date=None)
    capital.run()
    told = Alert.objects.filter(sync=capital.sync).exclude(subject=f"student:{student.pk}")
    assert not told.filter(severity="error").exists()
    assert Alert.objects.filter(subject=f"student:{student.pk}", kind=AlertKind.CHECK).exists()


def test_a_state_that_lets_nobody_in_holds_a_run_up_for_two_minutes_only(capital: Capital) -> None:
    capital.student(1)
    assert capital.run().findings == []
    capital.clock = QuickClock(500)
    PartnerSession.objects.all().delete()
    capital.state.faults.sign_in = ["503"] * 1_000
    Student.objects.filter(district=capital.district).update(first_name="Other")
    run = capital.run("update_grade", about={"grade": "5"})
    assert run.state == RunState.DONE
    assert ("partner.still_waiting", 2) in {(one["code"], one["count"]) for one in run.findings}


def test_a_document_that_is_turned_away_whatever_the_token_waits_like_others(
    capital: Capital,
) -> None:
    capital.clock = QuickClock(100)  # so that patience lasts longer than the first answer takes
    for number in (1, 2):
        capital.student(number)
    capital.state.faults.refuse("students", ("0625000000001",), status=401)
    run = capital.run()
    assert (run.state, run.counts["students"]["accepted"]) == (RunState.DONE, 1)
    waits = Submission.objects.get(sync=capital.sync, resource="students")
    assert (waits.code, waits.attempts > 0) == ("edfi.sign_in_refused", True)


def test_a_worker_told_to_stop_leaves_a_run_that_sends_at_once_and_another_goes_on(
    capital: Capital,
) -> None:
    """Also while the state lets nobody in, for which a run would wait two minutes."""
    capital.student(1)
    capital.run()
    PartnerSession.objects.all().delete()
    capital.state.faults.sign_in = ["503"] * 1_000
    Student.objects.filter(district=capital.district).update(first_name="Other")
    started = start(
        capital.sync, capital.clock, by="person", job="update_grade", about={"grade": "5"}
    )
    looks: list[int] = []

    def told(step: str, rows: int) -> None:
        """At the second look within the step, not when it begins."""
        looks.extend([rows] if step == "send" else [])
        if len(looks) > 1:
            raise WorkerStops

    with pytest.raises(WorkerStops):
        execute(started.pk, capital.clock, told)
    started.refresh_from_db()
    assert (started.state, started.step, started.applied_at is None) == ("queued", "send", False)
    assert len(looks) == 2
    capital.state.faults.sign_in = []
    assert execute(started.pk, capital.clock).state == RunState.DONE
    (sent,) = capital.state.documents("students")
    assert sent["firstName"] == "Other"
