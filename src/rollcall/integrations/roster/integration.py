"""Loading a district's records: from Rollcall's own record files or a OneRoster 1.1 CSV bundle."""

from functools import partial

from rollcall.core.files.layouts import Layout
from rollcall.core.integration import Absence, Export, Input, Integration
from rollcall.core.jobs import importing
from rollcall.integrations.roster import codes, layout, rules
from rollcall.integrations.roster.explain import explain
from rollcall.integrations.roster.reports import reports, summary
from rollcall.integrations.roster.settings import RosterSettings, in_state
from rollcall.records.types import CALENDAR, DEMOGRAPHICS, ENROLLMENT, PROGRAM, SCHOOL, STUDENT


def _input(
    name: str, file: str, columns: Layout, record: str, id_field: str = "", former_name: str = ""
) -> Input:
    """An input that is used when its file is there."""
    return Input(
        name=name,
        title=columns.title,
        filename=lambda settings: file,
        layout=lambda settings: (
            layout.students(settings.state_id_digits) if name == "students" else columns
        ),
        options=lambda settings: settings.read_options,
        id_field=id_field,
        may_be_absent=True,
        records=(record,),
        former_names=(former_name,) if former_name else (),
    )


_TYPES = rules.RecordTypes(SCHOOL, STUDENT, ENROLLMENT, CALENDAR, DEMOGRAPHICS, PROGRAM)

#: What Rollcall's own files are written from, as they are loaded.
_OWN = {
    "schools": SCHOOL,
    "students": STUDENT,
    "enrollments": ENROLLMENT,
    "demographics": DEMOGRAPHICS,
    "programs": PROGRAM,
    "calendars": CALENDAR,
}

INTEGRATION = Integration(
    name="roster",
    title="District records",
    settings=RosterSettings,
    jobs=(importing(),),
    inputs=(
        _input("schools", "schools.csv", layout.SCHOOLS, SCHOOL.name, "code"),
        _input("orgs", "orgs.csv", layout.ORGS, SCHOOL.name),
        _input("students", "students.csv", layout.students(0), STUDENT.name, "local_id"),
        _input("users", "users.csv", layout.USERS, STUDENT.name, "identifier"),
        _input(
            "demographics", "demographics.csv", layout.DEMOGRAPHICS, DEMOGRAPHICS.name, "local_id"
        ),
        _input(
            "enrollments",
            "enrollments.csv",
            layout.ENROLLMENTS,
            ENROLLMENT.name,
            "local_id",
            former_name="enrolments",
        ),
        _input("programs", "programs.csv", layout.PROGRAMS, PROGRAM.name, "local_id"),
        _input("calendars", "calendars.csv", layout.CALENDARS, CALENDAR.name),
        _input("academic_sessions", "academicSessions.csv", layout.SESSIONS, CALENDAR.name),
    ),
    views=("schools", "students"),
    report_views={"schools": "school", "students": "student"},
    records=_TYPES.written,
    decide=partial(rules.decide, types=_TYPES),
    reports=reports,
    summary=summary,
    explain=explain,
    usual_sync="records",
    in_state=in_state,
    exports=tuple(Export(name, record, layout.OWN_COLUMNS[name]) for name, record in _OWN.items()),
    absence=Absence(
        findings=(codes.NOT_IN_FILE,),
        reports=("Records_NotInFile",),
        numbers=("Records not in file",),
    ),
)
