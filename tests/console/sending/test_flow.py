"""The page of a sync that sends: numbers with their documents, near real time, jobs, level 2."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.capital_fixtures import capital, state
from tests.console.people import client_of
from tests.minnesota import Capital

from rollcall.access import people
from rollcall.access.models import AuditEntry
from rollcall.access.roles import Role
from rollcall.console.frame import routes
from rollcall.engine.models import Alert, AlertKind, Run
from rollcall.engine.outbound.near_real_time import switch
from rollcall.engine.outbound.problems import rules_report
from rollcall.engine.settings import sync_settings
from rollcall.records.models import Student

__all__ = ["capital", "state"]

HEADER = "Component,Severity,ErrorCode,ErrorText,StudentUniqueId"
EARLY = "StudentEnrollment,Error,10.10.6521,55. Leaves early,{id}"


@pytest.fixture
def one(capital: Capital, monkeypatch: pytest.MonkeyPatch) -> Capital:
    """A student, whose name the state does not know yet."""
    monkeypatch.setattr(routes, "clock", capital.clock)
    capital.student(1)
    return capital


@pytest.fixture
def refused(one: Capital) -> Capital:
    """After Start Year, in which the state refused the student's enrollment."""
    one.state.faults.refuse("studentSchoolAssociations", (), text="No such grade here.")
    one.run()
    return one


def asking(capital: Capital, role: Role) -> Client:
    who = f"{role.replace(' ', '.')}@example.org"
    return client_of(people.add(who, capital.district, role, capital.clock, "tester"))


def page(capital: Capital, where: str = "syncs/state/flow/", role: Role = Role.VIEWER) -> str:
    answer = asking(capital, role).get(f"/d/{capital.code}/{where}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def send(capital: Capital, where: str, role: Role = Role.ADMIN, **form: object) -> str:
    """Post a form; what the page says that one is led to."""
    client = asking(capital, role)
    answer = client.post(f"/d/{capital.code}/syncs/state/flow/{where}", form, follow=True)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def newest(capital: Capital) -> Run:
    return Run.objects.filter(sync=capital.sync).latest("pk")


def pk(capital: Capital) -> int:
    return Student.objects.get(district=capital.district, local_id="000001").pk


def test_before_the_first_job_it_says_where_to_begin(one: Capital) -> None:
    shown = page(one, role=Role.ADMIN)
    assert "<strong>Not started.</strong>" in shown
    assert "you can turn it on once" in shown
    assert re.search(r'value="yes" disabled', shown)
    assert "Not checked yet" in shown


def test_the_numbers_lead_to_their_documents(refused: Capital) -> None:
    shown = page(refused)
    assert "<strong>Some refused.</strong>" in shown
    where = re.search(r'href="([^"]*which=refused&amp;resource=studentSchoolAssociations)"', shown)
    assert where is not None
    listed = page(refused, where[1].replace("&amp;", "&").removeprefix(f"/d/{refused.code}/"))
    assert "Olson, Kari" in listed and "No such grade here." in listed
    assert f"/students/{pk(refused)}/sent/" in listed
    accepted = page(refused, "syncs/state/flow/documents/?which=accepted")
    assert "Olson, Kari" in accepted and "No such grade here." not in accepted


def test_asked_by_itself_it_gives_the_numbers_alone(refused: Capital) -> None:
    client = asking(refused, Role.VIEWER)
    answer = client.get(f"/d/{refused.code}/syncs/state/flow/", headers={"HX-Request": "true"})
    shown = answer.content.decode()
    assert shown.lstrip().startswith('<div id="flow"') and "<html" not in shown


def test_numbers_and_documents_as_csv(refused: Capital) -> None:
    client = asking(refused, Role.VIEWER)
    where = f"/d/{refused.code}/syncs/state/flow"
    numbers = b"".join(client.get(f"{where}.csv").streaming_content).decode()  # type: ignore[attr-defined]  # a download
    assert "All documents,3,0,1,0,2,1,1,0,0,1,0" in numbers
    listed = client.get(f"{where}/documents.csv?which=refused")
    assert "No such grade here." in b"".join(listed.streaming_content).decode()  # type: ignore[attr-defined]  # a download
    seen = AuditEntry.objects.filter(district=refused.district, action="exported")
    assert [entry.what for entry in seen] == ["documents of state"]


def test_it_asks_the_database_a_fixed_number_of_times(one: Capital) -> None:
    for number in range(2, 12):
        one.student(number)
    one.run()
    client = asking(one, Role.VIEWER)
    for where in ("", "documents/?which=accepted"):
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/d/{one.code}/syncs/state/flow/{where}")
        assert len(asked) < 36


def test_an_admin_turns_near_real_time_on_and_off(one: Capital) -> None:
    one.run()
    shown = send(one, "live/", on="yes")
    assert "Near real time is on" in shown
    assert switch.is_on(one.sync)
    run = newest(one)
    assert (run.job, run.started_by) == ("resynchronize", "event")
    assert "by admin@example.org" in shown
    assert "was already on" in send(one, "live/", on="yes")
    assert "Near real time is off" in send(one, "live/", on="no")
    assert not switch.is_on(one.sync)


def test_it_is_not_turned_on_before_start_year(one: Capital) -> None:
    assert "once Start Year has completed" in send(one, "live/", on="yes")
    assert not switch.is_on(one.sync)


def test_a_job_is_a_test_unless_it_is_said(one: Capital) -> None:
    send(one, "job/", Role.OPERATOR, job="start_year", kind="test")
    assert (newest(one).job, newest(one).test) == ("start_year", True)
    send(one, "job/", Role.OPERATOR, job="start_year", kind="live")
    assert (newest(one).job, newest(one).test) == ("start_year", False)


def test_a_job_is_about_a_grade_or_a_student(one: Capital) -> None:
    shown = send(one, "job/", job="update_grade", kind="test", grade="5")
    assert newest(one).about == {"grade": "5"}
    assert "Update Grade, grade 5" in shown
    assert "Rows" not in shown
    send(one, "job/", job="update_student", kind="test", local_id=" 000001 ")
    assert newest(one).about == {"student": pk(one)}
    before = newest(one)
    assert "none was named" in send(one, "job/", job="update_student", kind="live", local_id="x")
    assert "no job of that name" in send(one, "job/", job="guess")
    assert newest(one) == before


def test_a_student_is_taken_away_only_after_a_look(one: Capital) -> None:
    one.run()
    before = newest(one)
    shown = send(one, "job/", job="delete_student", kind="live", local_id="000001")
    assert "What would be removed from the state system" in shown
    assert "Students <" not in shown  # the student's number stays
    assert newest(one) == before
    send(one, "job/", job="delete_student", kind="live", student=pk(one), sure="yes")
    assert newest(one).about == {"student": pk(one)}


def test_the_report_of_level_2_is_uploaded(one: Capital) -> None:
    lines = "\n".join([HEADER, EARLY.format(id="0625000000001"), EARLY.format(id="0999000000001")])
    file = SimpleUploadedFile("report.csv", lines.encode())
    shown = send(one, "level-2/", Role.STEWARD, report=file)
    assert "2 problems about 1 students: 1 are new" in shown or "are new" in shown
    assert "0999000000001" in shown
    assert Alert.objects.filter(sync=one.sync, kind=AlertKind.RULE, subject=f"student:{pk(one)}")
    assert "Choose the report" in send(one, "level-2/", Role.STEWARD)
    wrong = SimpleUploadedFile("report.csv", b"a,b\n1,2\n")
    assert 'class="banner bad"' in send(one, "level-2/", Role.STEWARD, report=wrong)


def test_that_somebody_looked_is_written_down(one: Capital) -> None:
    send(one, "level-2/looked/", Role.STEWARD)
    look = rules_report.last_look(one.sync)
    assert look is not None and look.by == "data.steward@example.org"


def test_a_students_page_shows_what_the_partner_holds_and_says(refused: Capital) -> None:
    shown = page(refused, f"students/{pk(refused)}/sent/", Role.OPERATOR)
    for word in ("Accepted", "Refused", "Blocked"):
        assert f"{word}</span>" in shown
    assert "No such grade here." in shown
    assert "Update Student" in shown and "Delete Student…" in shown
    assert "Update Student" not in page(refused, f"students/{pk(refused)}/sent/", Role.STEWARD)


def test_a_student_of_whom_nothing_was_sent(one: Capital) -> None:
    assert "has nothing about this student" in page(one, f"students/{pk(one)}/sent/")


def test_alerts_by_kind_name_their_students(refused: Capital) -> None:
    refused.student(2, state_id=None)
    refused.run()
    every = page(refused, "alerts/")
    assert "Olson, Kari" in every and f"/students/{pk(refused)}/sent/" in every
    kinds = set(Alert.objects.filter(district=refused.district).values_list("kind", flat=True))
    assert {AlertKind.REFUSED, AlertKind.CHECK} <= kinds
    only = page(refused, "alerts/?kind=refused")
    assert 'aria-current="true">Refused by the partner' in only
    assert "No such grade here." in only and "Pre-check</span>" not in only


def test_home_and_the_syncs_page_speak_of_jobs_not_of_files(refused: Capital) -> None:
    assert "syncs/state/" in page(refused, "")
    shown = page(refused, "syncs/state/", Role.ADMIN)
    assert "Upload" not in shown and ">Run now<" not in shown and "Files" not in shown
    assert "Update Grade" in shown and "Data flow" in shown


def test_a_sync_that_reads_files_has_no_flow(one: Capital) -> None:
    client = asking(one, Role.ADMIN)
    assert client.get(f"/d/{one.code}/syncs/none/flow/").status_code == 404


def test_a_run_that_would_take_much_away_is_reviewed_document_by_document(one: Capital) -> None:
    for number in range(2, 5):
        one.student(number)
    one.run()
    sync_settings.save(one.sync, {"guards": {"minimum_population": 1}}, one.clock, "tester")
    for number in range(1, 4):
        one.remove(f"{number:06}")
    held = one.run("resynchronize")
    assert held.state == "held"
    shown = page(one, f"runs/{held.pk}/review/", Role.APPROVER)
    assert "All changes below will be sent" in shown
    assert "Enrollments</strong>" in shown
    assert ">Line<" not in shown
