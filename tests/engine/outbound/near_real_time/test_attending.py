"""Near real time: any edit reaches the state by itself, whoever made it, and none is missed."""

import threading

import pytest
from django.db import connection, transaction
from tests.minnesota import Capital, until_true
from tests.minnesota_holds import assert_equal

from rollcall.core.problems import Problem
from rollcall.engine.models import Alert, AlertKind, AlertState
from rollcall.engine.outbound.models import Edit, Submission
from rollcall.engine.outbound.near_real_time import switch
from rollcall.engine.outbound.near_real_time.attending import syncs_with_work
from rollcall.engine.runs import pausing
from rollcall.records.models import Calendar, Enrollment, Student


@pytest.fixture
def live(capital: Capital) -> Capital:
    """Five students, Start Year done, near real time on."""
    for number in range(1, 6):
        capital.student(number)
    capital.run()
    switch.turn_on(capital.sync, "tester", capital.clock)
    return capital


def names(capital: Capital) -> list[str]:
    return sorted(one["firstName"] for one in capital.state.documents("students"))


def rename(capital: Capital, name: str) -> None:
    """Give the first student another first name, and wait until the state has it."""
    first = Student.objects.filter(district=capital.district, local_id="000001")
    first.update(first_name=name)
    until_true(lambda: name in names(capital))


def test_it_can_only_be_turned_on_after_start_year(capital: Capital) -> None:
    with pytest.raises(Problem) as raised:
        switch.turn_on(capital.sync, "tester", capital.clock)
    assert raised.value.code == "live.not_started"


def test_an_edit_is_sent_by_itself(live: Capital) -> None:
    with live.attended():
        rename(live, "Solveig")
        live.settled()
    assert live.run("resynchronize").counts["students"]["updated"] == 0


def test_attended_to_are_the_syncs_that_have_something_to_do(live: Capital) -> None:
    def needed() -> bool:
        return live.sync.pk in syncs_with_work(live.clock)

    assert not needed()
    Student.objects.filter(district=live.district, local_id="000001").update(first_name="Solveig")
    assert needed()
    pausing.pause(live.sync, live.clock)
    assert not needed()
    pausing.resume(live.sync, live.clock)
    assert needed()
    with live.attended():
        live.settled()
    assert not needed()


def test_whoever_went_for_want_of_work_comes_back_for_more(live: Capital) -> None:
    attendant = f"attend {live.sync.pk}"
    with live.attended():
        for name in ("Solveig", "Astrid"):
            rename(live, name)
            until_true(lambda: not any(one.name == attendant for one in threading.enumerate()))


def test_who_loses_the_database_finds_it_again(live: Capital) -> None:
    with live.attended():
        for name in ("Solveig", "Astrid"):
            rename(live, name)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        live.settled()
    assert_equal(live)


def test_edits_by_orm_bulk_sql_and_copy_are_all_caught(live: Capital) -> None:
    district = live.district
    student = Student.objects.get(district=district, local_id="000001")
    student.first_name = "Orm"
    student.save()
    some = list(Student.objects.filter(district=district, local_id__in=["000002", "000003"]))
    for one in some:
        one.first_name = "Bulk"
    Student.objects.bulk_update(some, ["first_name"])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE student SET first_name = 'Sql' WHERE district_id = %s AND local_id = '000004'",
            [district.pk],
        )
        with cursor.copy(
            "COPY program (district_id, local_id, school_code, school_year, program_type,"
            " program_name, begin_date) FROM STDIN"
        ) as copy:
            copy.write_row(
                (district.pk, "000005", "010", "2025-2026", "Gifted", "Gifted", "2025-09-02")
            )
    touched = set(Edit.objects.filter(sync=live.sync).values_list("local_id", flat=True))
    assert touched == {"000001", "000002", "000003", "000004", "000005"}


def test_an_edit_that_is_rolled_back_is_no_edit(live: Capital) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        Student.objects.filter(district=live.district).update(first_name="Never")
        raise RuntimeError
    assert not Edit.objects.filter(sync=live.sync).exists()


def test_a_value_changed_and_changed_back_is_what_it_was(live: Capital) -> None:
    student = Student.objects.filter(district=live.district, local_id="000001")
    with live.attended():
        student.update(first_name="Other")
        until_true(lambda: "Other" in names(live))
        student.update(first_name="Kari")
        until_true(lambda: "Other" not in names(live))
        live.settled()


def test_a_student_who_leaves_a_school_for_another_is_moved_in_place(live: Capital) -> None:
    with live.attended():
        Enrollment.objects.filter(district=live.district, local_id="000001").update(
            school_code="020"
        )
        until_true(lambda: _schools(live, "000001") == {10625020})
        live.settled()
    methods = [method for method, resource, _ in live.state.history[-5:] if "School" in resource]
    assert "PUT" in methods
    counts = live.run("resynchronize").counts
    assert not any(n["added"] + n["updated"] + n["removed"] for n in counts.values())


def _schools(capital: Capital, local_id: str) -> set[int]:
    number = f"0625{int(local_id):09}"
    return {
        one["schoolReference"]["schoolId"]
        for one in capital.state.documents("studentSchoolAssociations")
        if one["studentReference"]["studentUniqueId"] == number
    }


def test_what_no_record_calls_for_is_taken_away_children_first(live: Capital) -> None:
    with live.attended():
        live.remove("000002")
        until_true(lambda: _schools(live, "000002") == set())
        live.settled()
    assert len(live.state.documents("studentEducationOrganizationAssociations")) == 4


def test_many_removals_wait_for_a_person(live: Capital) -> None:
    live.apply(most_removals=3)
    with live.attended():
        for number in range(1, 5):
            live.remove(f"{number:06}")
        held = Alert.objects.filter(sync=live.sync, code="partner.removals_held")
        until_true(held.exists)
    states = Submission.objects.filter(sync=live.sync, kind="remove").values_list("state")
    assert ("held",) in set(states)


def test_a_refusal_is_an_alert_that_the_next_good_answer_resolves(live: Capital) -> None:
    student = Student.objects.filter(district=live.district, local_id="000003")
    alerts = Alert.objects.filter(sync=live.sync, kind=AlertKind.REFUSED)
    live.state.faults.refuse("students", ("0625000000003",))
    with live.attended():
        student.update(first_name="Refused")
        until_true(alerts.filter(state=AlertState.OPEN).exists)
        assert alerts.get().subject == f"student:{student.get().pk}"
        live.state.faults.clear()
        student.update(first_name="Taken")
        until_true(alerts.filter(state=AlertState.RESOLVED).exists)
    assert "Taken" in names(live)


def test_a_state_id_that_two_students_share_sends_neither_and_both_come_back(live: Capital) -> None:
    second = Student.objects.filter(district=live.district, local_id="000002")
    Student.objects.filter(district=live.district, local_id="000001").update(first_name="Kept")
    Edit.objects.filter(sync=live.sync).delete()
    second.update(state_id="0625000000001")
    assert touched(live) == {"000001", "000002"}
    Edit.objects.filter(sync=live.sync).delete()
    second.update(state_id="0625000000002")
    assert touched(live) == {"000001", "000002"}


def touched(capital: Capital) -> set[str | None]:
    return set(Edit.objects.filter(sync=capital.sync).values_list("local_id", flat=True))


def test_of_two_students_with_one_number_each_is_sent_once_they_are_told_apart(
    live: Capital,
) -> None:
    shared = Student.objects.get(district=live.district, local_id="000001").state_id
    with live.attended():
        live.student(6, state_id=shared, first_name="Second")
        live.settled()
        Student.objects.filter(district=live.district, local_id="000001").update(first_name="First")
        live.settled()
        assert not {"First", "Second"} & set(names(live))
        Student.objects.filter(district=live.district, local_id="000006").update(
            state_id="0625000000006"
        )
        until_true(lambda: {"First", "Second"} <= set(names(live)))
        live.settled()
    assert_equal(live)


def test_who_leaves_the_records_takes_their_problems_along(live: Capital) -> None:
    problems = Alert.objects.filter(sync=live.sync, kind=AlertKind.REFUSED)
    live.state.faults.refuse("students", ("0625000000003",))
    with live.attended():
        Student.objects.filter(district=live.district, local_id="000003").update(first_name="No")
        until_true(problems.filter(state=AlertState.OPEN).exists)
        live.remove("000003")
        until_true(problems.filter(state=AlertState.RESOLVED).exists)
        live.settled()
    assert not Submission.objects.filter(sync=live.sync).exists()


def test_a_document_that_is_no_longer_called_for_has_no_problem(live: Capital) -> None:
    problems = Alert.objects.filter(sync=live.sync, kind=AlertKind.REFUSED)
    enrollment = Enrollment.objects.filter(district=live.district, local_id="000003")
    live.state.faults.refuse("studentSchoolAssociations", ("0625000000003", "10625020"))
    with live.attended():
        enrollment.update(school_code="020")
        until_true(problems.filter(state=AlertState.OPEN).exists)
        enrollment.update(school_code="010")
        until_true(lambda: not problems.exclude(state=AlertState.RESOLVED).exists())
        live.settled()
    assert_equal(live)


def test_a_new_grade_at_a_school_has_a_calendar(live: Capital) -> None:
    Calendar.objects.create(
        district=live.district, school_year="2025-2026", instructional_days=165, school_code=None
    )
    with live.attended():
        live.settled()
        Enrollment.objects.filter(district=live.district, local_id="000003").update(grade="6")
        until_true(lambda: len(live.state.documents("calendars")) == 2)
        live.settled()
    assert_equal(live)
