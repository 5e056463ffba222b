"""The addresses of the pages about students and unmatched rows."""

from django.urls import URLPattern

from rollcall.access.roles import Ability
from rollcall.console.frame.routes import GET, POST, View, page
from rollcall.console.students import decisions, student, student_edit, students, unmatched


def _viewers(route: str, view: View, name: str, *methods: str) -> URLPattern:
    return page(route, view, name=name, needs=Ability.VIEW, methods=methods or (GET,))


def _editors(route: str, view: View, name: str, *methods: str) -> URLPattern:
    return page(route, view, name=name, needs=Ability.EDIT_RECORDS, methods=methods or (POST,))


_STUDENT = "students/<number:id>"
_EDIT = f"{_STUDENT}/edit/<name:record>/<number:record_id>/"

urlpatterns = [
    _viewers("students/", students.students, "students", GET, POST),
    _viewers("students.csv", students.students_csv, "students-csv"),
    _viewers(f"{_STUDENT}/", student.student, "student"),
    _viewers(f"{_STUDENT}.csv", student.records_csv, "student-csv"),
    _viewers(f"{_STUDENT}/timeline/", student.timeline, "student-timeline"),
    _viewers(f"{_STUDENT}/timeline.csv", student.timeline_csv, "student-timeline-csv"),
    _viewers(f"{_STUDENT}/rows/", student.rows, "student-rows"),
    _editors(_EDIT, student_edit.edit, "student-edit", GET, POST),
    _viewers("unmatched/", unmatched.unmatched, "unmatched"),
    _viewers("unmatched.csv", unmatched.unmatched_csv, "unmatched-csv"),
    _editors("unmatched/decide/", unmatched.decide, "unmatched-decide"),
    _viewers("unmatched/decisions/", decisions.decisions, "unmatched-decisions"),
    _viewers("unmatched/decisions.csv", decisions.decisions_csv, "unmatched-decisions-csv"),
    _editors("unmatched/decisions/<number:number>/revoke/", decisions.revoke, "unmatched-revoke"),
]
