"""The addresses of the pages about students and unmatched rows."""

from rollcall.access.roles import Ability
from rollcall.console.frame.routes import page
from rollcall.console.students import decisions, student, student_edit, students, unmatched

urlpatterns = [
    page(
        "students/", students.students, name="students", needs=Ability.VIEW, methods=["GET", "POST"]
    ),
    page("students.csv", students.students_csv, name="students-csv", needs=Ability.VIEW),
    page("students/<number:id>/", student.student, name="student", needs=Ability.VIEW),
    page("students/<number:id>.csv", student.records_csv, name="student-csv", needs=Ability.VIEW),
    page(
        "students/<number:id>/timeline/",
        student.timeline,
        name="student-timeline",
        needs=Ability.VIEW,
    ),
    page(
        "students/<number:id>/timeline.csv",
        student.timeline_csv,
        name="student-timeline-csv",
        needs=Ability.VIEW,
    ),
    page("students/<number:id>/rows/", student.rows, name="student-rows", needs=Ability.VIEW),
    page(
        "students/<number:id>/edit/<name:record>/<number:record_id>/",
        student_edit.edit,
        name="student-edit",
        needs=Ability.EDIT_RECORDS,
        methods=["GET", "POST"],
    ),
    page("unmatched/", unmatched.unmatched, name="unmatched", needs=Ability.VIEW),
    page("unmatched.csv", unmatched.unmatched_csv, name="unmatched-csv", needs=Ability.VIEW),
    page(
        "unmatched/decide/",
        unmatched.decide,
        name="unmatched-decide",
        needs=Ability.EDIT_RECORDS,
        methods=["POST"],
    ),
    page(
        "unmatched/decisions/",
        decisions.decisions,
        name="unmatched-decisions",
        needs=Ability.VIEW,
    ),
    page(
        "unmatched/decisions.csv",
        decisions.decisions_csv,
        name="unmatched-decisions-csv",
        needs=Ability.VIEW,
    ),
    page(
        "unmatched/decisions/<number:number>/revoke/",
        decisions.revoke,
        name="unmatched-revoke",
        needs=Ability.EDIT_RECORDS,
        methods=["POST"],
    ),
]
