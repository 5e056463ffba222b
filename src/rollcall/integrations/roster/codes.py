"""The findings that loading records can give."""

from rollcall.core.findings import Codes, Severity

_EXPORTER = "the person who exports from the SIS"
_RECORDS = "the office that keeps student records"

DUPLICATE = Codes.add(
    "roster.duplicate",
    Severity.ERROR,
    "Several rows of the file are about one record, so none of them is loaded",
    "Correct the export so that each record comes once, and load it again.",
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
    "The state id has not the right number of digits",
    "Look whether a spreadsheet dropped leading zeros; else correct the id in the SIS. A state "
    "with other ids: change the setting state_id_digits.",
    _RECORDS,
)
SHARED_STATE_ID = Codes.add(
    "roster.shared_state_id",
    Severity.WARNING,
    "Several students of the file have one state id, so no partner's row can be matched by it",
    "Correct the state id of the wrong student in the SIS.",
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
    "The student leaves before entering",
    "Correct the dates of the enrollment in the SIS and export again.",
    _RECORDS,
)
LAST_BEFORE_FIRST = Codes.add(
    "roster.last_before_first",
    Severity.ERROR,
    "The last day of school comes before the first",
    "Correct the calendar in the SIS and export again.",
    _RECORDS,
)
END_BEFORE_BEGIN = Codes.add(
    "roster.end_before_begin",
    Severity.ERROR,
    "The student's part in the program ends before it begins",
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
    "The row is about a student whom neither the files nor the records know",
    "Load the student too, or take the row out of the export.",
    _EXPORTER,
)
UNKNOWN_SCHOOL = Codes.add(
    "roster.unknown_school",
    Severity.WARNING,
    "A school is named that neither the files nor the records know; the rows are loaded",
    "Load the school too, or correct its code in the SIS.",
    _EXPORTER,
)
NOT_IN_FILE = Codes.add(
    "roster.not_in_file",
    Severity.INFO,
    "Records of the district are not in the file; they stay as they are",
    "See the report Records_NotInFile. Nothing needs doing if they left the district.",
    _RECORDS,
)
PASSED_OVER = Codes.add(
    "roster.passed_over",
    Severity.INFO,
    "Rows that hold no record of Rollcall's were read and passed over",
    "Nothing needs doing: such rows are about staff, terms, the district itself or what is marked "
    "as deleted.",
    _EXPORTER,
)
TWO_SOURCES = Codes.add(
    "roster.two_sources",
    Severity.WARNING,
    "The same records are in a OneRoster file and in Rollcall's own file; the own one is used",
    "Take one of the two out of the folder.",
    _EXPORTER,
)
