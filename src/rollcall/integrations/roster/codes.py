"""The findings that loading records can give."""

from rollcall.core.findings import Codes, Severity

_EXPORTER = "the person who exports from the SIS"
_RECORDS = "the office that keeps student records"

DUPLICATE = Codes.add(
    "roster.duplicate",
    Severity.ERROR,
    "Several rows of the file are about the same record, so none of them is loaded",
    "Correct the export so that each record is in it once, and load it again.",
    _EXPORTER,
)
NO_NAME = Codes.add(
    "roster.no_name",
    Severity.ERROR,
    "The student has no last or no first name",
    "Enter the name in the SIS and export again.",
    _RECORDS,
)
STATE_ID = Codes.add(
    "roster.state_id",
    Severity.ERROR,
    "The state ID does not have the right number of digits",
    "Check whether a spreadsheet dropped leading zeros; otherwise correct the ID in the SIS. If "
    "your state's IDs have another length, change the setting state_id_digits.",
    _RECORDS,
)
SHARED_STATE_ID = Codes.add(
    "roster.shared_state_id",
    Severity.WARNING,
    "Several students in the file have the same state ID, so no partner's row can be matched by it",
    "Find out whose state ID it is and correct the other students' in the SIS.",
    _RECORDS,
)
SCHOOL_YEAR = Codes.add(
    "roster.school_year",
    Severity.ERROR,
    "The school year is not written as two years in a row, such as 2016-2017",
    "Correct the export and load it again.",
    _EXPORTER,
)
EXIT_BEFORE_ENTRY = Codes.add(
    "roster.exit_before_entry",
    Severity.ERROR,
    "The exit date is before the entry date",
    "Correct the dates of the enrollment in the SIS and export again.",
    _RECORDS,
)
LAST_BEFORE_FIRST = Codes.add(
    "roster.last_before_first",
    Severity.ERROR,
    "The last day of school is before the first",
    "Correct the calendar in the SIS and export again.",
    _RECORDS,
)
END_BEFORE_BEGIN = Codes.add(
    "roster.end_before_begin",
    Severity.ERROR,
    "The student's program ends before it begins",
    "Correct the dates of the program in the SIS and export again.",
    _RECORDS,
)
NO_STUDENT = Codes.add(
    "roster.no_student",
    Severity.ERROR,
    "The row does not say which student it is about",
    "Fill in local_id, or sourcedId in a OneRoster file, and load the file again.",
    _EXPORTER,
)
UNKNOWN_STUDENT = Codes.add(
    "roster.unknown_student",
    Severity.WARNING,
    "The row is about a student who is neither in the files nor in the district records",
    "Load the student too, or remove the row from the export.",
    _EXPORTER,
)
UNKNOWN_SCHOOL = Codes.add(
    "roster.unknown_school",
    Severity.WARNING,
    "A school code is neither in the files nor in the district records; the rows are loaded",
    "Load the school too, or correct its code in the SIS.",
    _EXPORTER,
)
NOT_IN_FILE = Codes.add(
    "roster.not_in_file",
    Severity.INFO,
    "Some district records are not in the file; they stay as they are",
    "See the report Records_NotInFile. If they have left the district, there is nothing to do.",
    _RECORDS,
)
PASSED_OVER = Codes.add(
    "roster.passed_over",
    Severity.INFO,
    "Some rows have nothing for Rollcall to load and were ignored",
    "There is nothing to do: such rows are about staff, terms or the district itself, or are "
    "marked as deleted.",
    _EXPORTER,
)
TWO_SOURCES = Codes.add(
    "roster.two_sources",
    Severity.WARNING,
    "The same records are in a OneRoster file and in Rollcall's own file; Rollcall's own is used",
    "Remove one of the two files from the folder.",
    _EXPORTER,
)
