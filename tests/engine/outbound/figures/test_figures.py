"""The numbers of the flow page add up, and behind each are its documents."""

import pytest
from tests.minnesota import Capital
from tests.town import Town

from rollcall.core.problems import Problem
from rollcall.engine.outbound.figures.document_pages import Which, listed, of_student
from rollcall.engine.outbound.figures.figures import Counts, Flow, flow
from rollcall.engine.outbound.models import Edit
from rollcall.engine.outbound.near_real_time import switch
from rollcall.records.models import Student


@pytest.fixture
def five(capital: Capital) -> Capital:
    for number in range(1, 6):
        capital.student(number)
    return capital


def of(told: Flow, resource: str) -> Counts:
    return next(one for one in told.resources if one.resource == resource)


def adds_up(one: Counts) -> bool:
    queued = one.waiting + one.parent + one.refused + one.held
    return one.records == one.accepted - one.not_called_for + queued - one.removals


def test_before_anything_was_planned(five: Capital) -> None:
    told = flow(five.sync, five.clock)
    assert (told.total.records, told.total.accepted, told.records_at) == (None, 0, None)
    assert not (told.near_real_time.on or told.near_real_time.may_turn_on)


def test_a_test_run_says_what_the_records_call_for(five: Capital) -> None:
    run = five.run(test=True)
    told = flow(five.sync, five.clock)
    assert (of(told, "students").records, of(told, "students").accepted) == (5, 0)
    assert told.records_at == run.started_at


def test_after_start_year_all_is_accepted_and_the_partner_says_the_same(five: Capital) -> None:
    five.run()
    told = flow(five.sync, five.clock)
    assert {one.resource: one.records for one in told.resources} == {
        "students": 5,
        "calendars": 0,
        "studentSchoolAssociations": 5,
        "studentEducationOrganizationAssociations": 5,
        "studentProgramAssociations": 0,
    }
    assert all(one.accepted == one.records for one in told.resources)
    assert all(map(adds_up, [*told.resources, told.total]))
    assert told.near_real_time.may_turn_on
    one = of(told, "students")
    assert (one.partner, one.read) == (5, 0)  # it was read whole before anything was sent
    five.run("resynchronize")
    after = of(flow(five.sync, five.clock), "students")
    assert (after.partner, after.read, after.records, after.accepted) == (5, 5, 5, 5)


def test_what_was_refused_is_counted_listed_and_explained(five: Capital) -> None:
    five.state.faults.refuse("students", ("0625000000003",))
    five.run()
    told = flow(five.sync, five.clock)
    one = of(told, "students")
    assert (one.sent, one.refused, one.accepted, one.partner) == (5, 1, 4, 4)
    assert all(map(adds_up, [*told.resources, told.total]))
    (document,) = listed(five.sync, "students", Which.REFUSED).documents
    assert document.key == {"student_unique_id": "0625000000003"}
    student = Student.objects.get(district=five.district, local_id="000003")
    assert (document.student, document.name) == (student.pk, "Olson, Kari")
    assert document.what_to_do
    assert {one.state for one in of_student(five.sync, "000003")} >= {"refused"}
    assert {one.state for one in of_student(five.sync, "000001")} == {"accepted"}


def test_accepted_documents_come_a_page_at_a_time(five: Capital) -> None:
    five.run()
    first = listed(five.sync, "students", Which.ACCEPTED, limit=3)
    rest = listed(five.sync, "students", Which.ACCEPTED, after=first.next, limit=3)
    ids = [one.local_id for one in (*first.documents, *rest.documents)]
    assert ids == [f"{number:06}" for number in range(1, 6)]
    assert rest.next is None


def test_edits_that_wait_say_as_of_when_the_records_are_known(five: Capital) -> None:
    five.run()
    switch.turn_on(five.sync, "tester", five.clock)
    five.student(6)
    edit = Edit.objects.filter(sync=five.sync).order_by("at").first()
    assert edit is not None
    told = flow(five.sync, five.clock)
    assert (told.records_at, told.oldest) == (edit.at, edit.at)
    assert told.edits == Edit.objects.filter(sync=five.sync).count() > 0
    assert (told.near_real_time.on, told.near_real_time.changed_by) == (True, "tester")


def test_a_document_that_no_record_calls_for_and_that_stays_is_told_apart(five: Capital) -> None:
    five.run()
    five.remove("000005")
    five.run("resynchronize")
    students = of(flow(five.sync, five.clock), "students")
    assert (students.records, students.accepted, students.not_called_for) == (4, 5, 1)
    assert adds_up(students)


def test_a_document_on_its_way_is_not_listed_as_accepted(five: Capital) -> None:
    five.run()
    five.state.faults.refuse("students", ("0625000000003",))
    Student.objects.filter(district=five.district, local_id="000003").update(first_name="Solveig")
    five.run("resynchronize")
    accepted = listed(five.sync, "students", Which.ACCEPTED).documents
    assert "000003" not in [one.local_id for one in accepted]
    assert of(flow(five.sync, five.clock), "students").accepted == 4


def test_a_sync_that_reads_files_has_no_flow(town: Town) -> None:
    with pytest.raises(Problem) as raised:
        flow(town.sync, town.clock)
    assert raised.value.code == "live.not_sending"
