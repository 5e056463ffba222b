"""The addresses of the pages about students and unmatched rows."""

from rollcall.access.roles import Ability
from rollcall.console.frame.routes import GET, POST, pages_for
from rollcall.console.students import decisions, student, student_edit, students, unmatched

_viewers = pages_for(Ability.VIEW)
_editors = pages_for(Ability.EDIT_RECORDS, POST)
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
