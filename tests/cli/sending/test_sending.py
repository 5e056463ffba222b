"""The command line of a sync that sends: jobs about one, the flow, near real time, level 2."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click.testing
import pytest
from tests.minnesota import Capital

from rollcall.cli import main
from rollcall.engine.models import Run

Invoke = Callable[..., click.testing.Result]
REPORT = """Component,Severity,ErrorCode,ErrorText,StudentUniqueId
StudentEnrollment,Error,10.10.6521,55. Leaves early,0625000000001
StudentEnrollment,Error,10.10.6521,55. Leaves early,0999000000001
"""


@pytest.fixture
def rollcall(capital: Capital) -> Invoke:
    def invoke(*arguments: str, code: int = 0) -> click.testing.Result:
        runner = click.testing.CliRunner()
        done = runner.invoke(main, arguments, env={"ROLLCALL_DISTRICT": capital.code})
        assert done.exit_code == code, f"{done.output}\n{done.exception!r}"
        return done

    return invoke


@pytest.fixture
def started(capital: Capital) -> Capital:
    """Two students, one of whom the state refused in Start Year."""
    capital.student(1)
    capital.student(2)
    capital.state.faults.refuse("students", ("0625000000002",))
    capital.run()
    return capital


def read(done: click.testing.Result) -> Any:
    return json.loads(done.stdout)


def test_a_job_about_one_names_a_grade_or_a_student(capital: Capital, rollcall: Invoke) -> None:
    number = capital.student(1).pk
    rollcall("run", "state", "update_student", "--student", "000001", "--test")
    assert Run.objects.filter(sync=capital.sync).latest("pk").about == {"student": number}
    rollcall("run", "state", "update_grade", "--grade", "5", "--test")
    assert Run.objects.filter(sync=capital.sync).latest("pk").about == {"grade": "5"}
    assert (
        "no student" in rollcall("run", "state", "update_student", "--student", "9", code=2).output
    )
    rollcall("run", "state", "update_grade", "--grade", "05", "--test")
    for nobody in ([], ["--grade", "6"]):
        assert "job.about" in rollcall("run", "state", "update_grade", *nobody, code=2).output


def test_a_grade_is_the_same_however_records_and_people_write_it(
    capital: Capital, rollcall: Invoke
) -> None:
    """A roster file's 5 is kept as 05; the job is started for 5."""
    capital.student(1)
    capital.student(2, grade="05")
    result = read(rollcall("run", "state", "update_grade", "--grade", "5", "--test", "--json"))
    assert result["counts"]["students"]["added"] == 2


def test_the_flow_is_shown_for_people_and_programs(started: Capital, rollcall: Invoke) -> None:
    flow = read(rollcall("flow", "state", "--json"))
    students = next(
        resource for resource in flow["resources"] if resource["resource"] == "students"
    )
    assert (students["records"], students["accepted"], students["refused"]) == (2, 1, 1)
    shown = rollcall("flow", "state").stdout
    assert "students" in shown
    assert "Near real time is off" in shown


def test_documents_say_why_they_were_refused(started: Capital, rollcall: Invoke) -> None:
    shown = rollcall("documents", "state").stdout
    assert "0625000000002" in shown
    assert "What to do" in shown
    mine = read(rollcall("documents", "state", "--student", "000001", "--json"))
    assert {document["state"] for document in mine} == {"accepted"}
    assert "--resource" in rollcall("documents", "state", "--state", "accepted", code=2).output
    some = rollcall("documents", "state", "--state", "accepted", "--resource", "students", "--json")
    assert [document["local_id"] for document in read(some)] == ["000001"]


def test_alerts_name_the_student_by_the_local_id(started: Capital, rollcall: Invoke) -> None:
    refused = next(
        alert for alert in read(rollcall("alerts", "--json")) if alert["kind"] == "refused"
    )
    assert (refused["local_id"], refused["detail"]) == ("000002", "students")
    assert "Student 000002, students" in rollcall("alerts").stdout


def test_near_real_time_is_shown_and_switched(capital: Capital, rollcall: Invoke) -> None:
    assert "once Start Year has completed" in rollcall("live", "state").stdout
    assert "live.not_started" in rollcall("live", "state", "on", code=2).output
    capital.student(1)
    capital.run()
    assert read(rollcall("live", "state", "on", "--json"))["on"] is True
    assert Run.objects.filter(sync=capital.sync).latest("pk").job == "resynchronize"
    assert "is off, changed" in rollcall("live", "state", "off").stdout


def test_a_level_2_report_is_taken_in(started: Capital, rollcall: Invoke, tmp_path: Path) -> None:
    assert "Last upload: never" in rollcall("level2", "state").stdout
    report = tmp_path / "errors.csv"
    report.write_text(REPORT)
    shown = rollcall("level2", "state", str(report)).stdout
    assert "New 1, continuing 0, resolved 0." in shown
    assert "Line 2: no student" in shown
    assert read(rollcall("level2", "state", "--looked", "--json"))["last_look"]["at"]


def test_a_run_that_sent_can_be_undone(started: Capital, rollcall: Invoke) -> None:
    run = Run.objects.filter(sync=started.sync).latest("pk").pk
    assert f"Run {run} was undone" in rollcall("undo", str(run)).output
