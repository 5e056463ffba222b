"""The files a district's records are loaded from: Rollcall's own six, and OneRoster 1.1's.

Rollcall's own: issue 2 and docs/reference/record-files.md. OneRoster: facts section 8. All are read
by the names in their header; columns not named here are ignored.
"""

from collections.abc import Mapping

from rollcall.core.files.layouts import Field, Kind, Layout

#: Codes of California's student data system; another code is kept, with a warning.
GENDERS = ("F", "M", "X")
YES_NO = ("Y", "N")


def _text(name: str, column: str | None = None, help: str = "", required: bool = False) -> Field:
    return Field(name, column or name, Kind.TEXT, help=help, required=required)


def _date(name: str, column: str | None = None, help: str = "", required: bool = False) -> Field:
    return Field(name, column or name, Kind.DATE, help=help, required=required)


def _several(name: str) -> Field:
    help = "the state's codes, joined by semicolons"
    return Field(name, name, Kind.TEXT, help=help, several=True)


def _yes_no(name: str) -> Field:
    return Field(name, name, Kind.CODE, codes=YES_NO, help="Y or N")


def students(state_id_digits: int) -> Layout:
    """students.csv; a state ID must have this number of digits (0 = any text)."""
    kind = Kind.DIGITS if state_id_digits else Kind.TEXT
    fields = (
        _text("local_id", help="the district's own number for the student", required=True),
        Field("state_id", "state_id", kind, "State ID (SSID)", state_id_digits or None),
        _text("last_name", required=True),
        _text("first_name", required=True),
        _text("middle_name"),
        _date("birth_date"),
        Field("gender", "gender", Kind.CODE, codes=GENDERS, unknown_code="warning"),
        _text("grade", help="KN, 01 to 12, ..."),
        _text("school_code", help="the code of the student's school"),
        _text("generation_suffix", help="Jr, III, ..."),
    )
    return Layout("students", "Students", fields, by_name=True)


SCHOOLS = Layout(
    "schools",
    "Schools",
    (
        _text("code", required=True),
        _text("name"),
        _text("type"),
        _text("state_id", help="the state's number for the school"),
    ),
    by_name=True,
)

#: What a state asks about an enrollment; in Minnesota with its codes (facts 3.4).
_REPORTED = (
    _text(
        "entry_type",
        help="where the student came from; in Minnesota the last location of attendance",
    ),
    _text("exit_type", help="why the student left; in Minnesota the status end"),
    _text("aid_category", help="the state aid category"),
    _text("resident_district", help="the state's number for the district the student lives in"),
    _text("percent_enrolled", help="0 to 100; 999 where membership is in hours"),
    _text("membership", help="days or hours enrolled, as 162.5"),
    _text("attendance", help="days or hours attended, as 160.5"),
    _text("attendance_unit", help="Days or Hours"),
    _text("transportation", help="the transportation category"),
    _text("transporting_district", help="the state's number for the district that transports"),
    _yes_no("homebound"),
    _yes_no("special_pupil"),
    _text("special_education_status", help="the special-education evaluation status"),
)

ENROLLMENTS = Layout(
    "enrollments",
    "Enrollments",
    (
        _text("local_id", required=True),
        _text("school_code", required=True),
        _text("school_year", help="as 2016-2017", required=True),
        _text("grade"),
        _date("entry_date", required=True),
        _date("exit_date"),
        *_REPORTED,
    ),
    by_name=True,
)

CALENDARS = Layout(
    "calendars",
    "Calendars",
    (
        _text("school_code", help="empty = the full district"),
        _text("school_year", help="as 2016-2017", required=True),
        _date("first_day", required=True),
        _date("last_day"),
        Field("instructional_days", "instructional_days", Kind.INTEGER, low=0, high=366),
    ),
    by_name=True,
)

ORGS = Layout(
    "orgs",
    "Organizations (OneRoster)",
    (
        _text("sourcedId", "source_id", required=True),
        _text("status"),
        _text("name", required=True),
        _text("type", "kind", required=True),
        _text("identifier"),
    ),
    by_name=True,
)

SESSIONS = Layout(
    "academic_sessions",
    "Academic sessions (OneRoster)",
    (
        _text("sourcedId", "source_id", required=True),
        _text("status"),
        _text("type", "kind", required=True),
        _date("startDate", "first_day", required=True),
        _date("endDate", "last_day", required=True),
        Field("schoolYear", "ending_year", Kind.INTEGER, low=1900, high=2200),
    ),
    by_name=True,
)

USERS = Layout(
    "users",
    "Users (OneRoster)",
    (
        _text("sourcedId", "source_id", required=True),
        _text("status"),
        _text("orgSourcedIds", "org_ids"),
        _text("role", required=True),
        _text("userIds", "user_ids"),
        _text("givenName", "first_name"),
        _text("familyName", "last_name"),
        _text("middleName", "middle_name"),
        _text("identifier"),
        _text("grades"),
    ),
    by_name=True,
)

#: Rollcall's own file and OneRoster's have the same name: Rollcall's has `local_id`, OneRoster's
#: `sourcedId`, and `demographics` refuses rows with neither.
DEMOGRAPHICS = Layout(
    "demographics",
    "Demographics",
    (
        _text("local_id"),
        _yes_no("hispanic"),
        _several("races"),
        _several("ancestry"),
        _text("home_language", help="the state's code"),
        _several("characteristics"),
        _several("opt_outs"),
        _text("sourcedId", "source_id"),
        _text("status"),
        _date("birthDate", "birth_date"),
        _text("sex"),
        _text("americanIndianOrAlaskaNative", "native"),
        _text("asian"),
        _text("blackOrAfricanAmerican", "black"),
        _text("nativeHawaiianOrOtherPacificIslander", "pacific"),
        _text("white"),
        _text("hispanicOrLatinoEthnicity", "hispanic_or_latino"),
    ),
    by_name=True,
)
#: The columns in Rollcall's own file.
OWN_DEMOGRAPHICS = DEMOGRAPHICS.columns[:7]

PROGRAMS = Layout(
    "programs",
    "Programs",
    (
        _text("local_id", required=True),
        _text("school_code", required=True),
        _text("school_year", help="as 2016-2017", required=True),
        _text("program_type", help="the state's code", required=True),
        _text("program_name", help="as the state names it", required=True),
        _date("begin_date", required=True),
        _date("end_date"),
    ),
    by_name=True,
)

#: The columns of Rollcall's own files, in their order; all are written, whatever is loaded.
OWN_COLUMNS: Mapping[str, tuple[str, ...]] = {
    **{
        layout.name: layout.columns
        for layout in (SCHOOLS, students(0), ENROLLMENTS, CALENDARS, PROGRAMS)
    },
    "demographics": OWN_DEMOGRAPHICS,
}
