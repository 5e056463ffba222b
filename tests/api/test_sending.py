"""Programs see the flow of a sync that sends, turn near real time on, and give level-2 reports."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.api.programs import Program
from tests.minnesota import Capital

from rollcall.access import people, tokens
from rollcall.access.models import AuditEntry
from rollcall.access.roles import Role
from rollcall.api import callers
from rollcall.engine.models import Run
from rollcall.records.models import Student

REPORT = (
    b"Component,Severity,ErrorCode,ErrorText,StudentUniqueId\n"
    b"StudentEnrollment,Error,10.10.6521,55. Leaves early,0625000000001\n"
    b"StudentEnrollment,Error,10.10.6521,55. Leaves early,0999000000001\n"
)
#: A program with a role in the capital.
Calling = Callable[[Role], Program]


@pytest.fixture
def calling(capital: Capital, monkeypatch: pytest.MonkeyPatch) -> Calling:
    monkeypatch.setattr(callers, "clock", capital.clock)

    def made(role: Role) -> Program:
        who = f"{uuid4().hex[:8]}@example.org"
        user = people.add(who, capital.district, role, capital.clock, "tester")
        return Program(tokens.make(user, capital.district, role, "test", capital.clock)[1])

    return made


def did(capital: Capital, action: str) -> list[str]:
    found = AuditEntry.objects.filter(district=capital.district, action=action)
    return list(found.order_by("pk").values_list("what", flat=True))


def test_the_flow_and_the_documents_behind_its_numbers(capital: Capital, calling: Calling) -> None:
    capital.student(1)
    capital.run()
    program = calling(Role.VIEWER)
    told = program.get("syncs/state/flow").json()
    assert (told["total"]["records"], told["total"]["accepted"]) == (3, 3)
    page = program.get("syncs/state/documents", resource="students", state="accepted").json()
    student = Student.objects.get(district=capital.district)
    assert [one["student"] for one in page["documents"]] == [student.pk]
    assert "documents of state" in did(capital, "saw")


def test_near_real_time_is_turned_on_by_an_admin_after_start_year(
    capital: Capital, calling: Calling
) -> None:
    admin = calling(Role.ADMIN)
    early = admin.put("syncs/state/live", {"on": True})
    assert (early.status_code, early.json()["code"]) == (409, "live.not_started")
    capital.student(1)
    capital.run()
    assert calling(Role.APPROVER).put("syncs/state/live", {"on": True}).status_code == 403
    on = admin.put("syncs/state/live", {"on": True}).json()
    assert (on["on"], on["may_turn_on"]) == (True, True)
    started = Run.objects.filter(sync=capital.sync).latest("pk")
    assert (started.job, started.state) == ("resynchronize", "queued")
    assert admin.put("syncs/state/live", {"on": False}).json()["on"] is False
    assert did(capital, "changed") == ["near real time of state"] * 2


def test_a_job_about_one_student_is_told_which(capital: Capital, calling: Calling) -> None:
    number = capital.student(1).pk
    operator = calling(Role.OPERATOR)
    unsaid = operator.post("syncs/state/runs", {"job": "update_student"})
    assert (unsaid.status_code, unsaid.json()["code"]) == (422, "job.about")
    told = operator.post("syncs/state/runs", {"job": "update_student", "student": number})
    assert told.status_code == 202
    assert Run.objects.get(pk=told.json()["run"]).about == {"student": number}
    grade = operator.post("syncs/state/runs", {"job": "update_grade", "grade": "5", "test": True})
    assert Run.objects.get(pk=grade.json()["run"]).about == {"grade": "5"}


def test_a_run_that_sent_can_be_undone(capital: Capital, calling: Calling) -> None:
    capital.student(1)
    run = capital.run()
    answer = calling(Role.APPROVER).post(f"runs/{run.pk}/undo", {"test": True})
    assert (answer.status_code, answer.json()["undo_of"]) == (202, run.pk)


def test_a_level_2_report_is_taken_in_and_remembered(capital: Capital, calling: Calling) -> None:
    capital.student(1)
    steward = calling(Role.STEWARD)
    file = SimpleUploadedFile("errors.csv", REPORT)
    told = steward.upload("syncs/state/level2", {"report": file}).json()
    assert (told["rows"], told["opened"], told["strangers"]) == (1, 1, [[2, "0999000000001"]])
    known = steward.get("syncs/state/level2").json()
    assert known["last_upload"]["counts"]["opened"] == 1
    (alert,) = steward.get("alerts", sync="state").json()["alerts"]
    assert (alert["kind"], alert["detail"]) == ("rule", "55")
    looked = steward.post("syncs/state/level2/looked").json()
    assert looked["last_look"]["at"] > looked["last_upload"]["at"]


def test_a_file_that_is_no_report_is_refused(capital: Capital, calling: Calling) -> None:
    file = SimpleUploadedFile("errors.csv", b"Name\nKari\n")
    answer = calling(Role.STEWARD).upload("syncs/state/level2", {"report": file})
    assert (answer.status_code, answer.json()["code"]) == (422, "file.header")
