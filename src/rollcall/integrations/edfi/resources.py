"""The documents that are sent: resources of Ed-Fi with Minnesota's own fields (facts 3.3).

Columns are named after the Ed-Fi property. Ids that are whole numbers are kept as text.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from rollcall.core.json_documents.fields import Field, FieldKind, JsonResource
from rollcall.core.plans.record_types import RecordType

_TEXT = pl.String()
_DATES = frozenset({"birth_date", "entry_date", "exit_withdraw_date", "begin_date", "end_date"})
_HOME_LANGUAGE = "uri://ed-fi.org/LanguageUseDescriptor#Home language"
#: The column by which a student's documents are asked for.
_STUDENT = "student_unique_id"


def _text(column: str, path: str) -> Field:
    return Field(column, path)


def _date(column: str, path: str) -> Field:
    return Field(column, path, FieldKind.DATE)


def _whole(column: str, path: str) -> Field:
    return Field(column, path, FieldKind.WHOLE)


def _decimal(column: str, path: str) -> Field:
    return Field(column, path, FieldKind.DECIMAL)


def _yes_no(column: str, path: str) -> Field:
    return Field(column, path, FieldKind.YES_NO)


def _code(column: str, path: str, descriptor: str) -> Field:
    return Field(column, path, FieldKind.CODE, descriptor)


def _codes(column: str, path: str, descriptor: str) -> Field:
    return Field(column, path, FieldKind.CODES, descriptor)


def _resource(
    name: str, title: str, order: int, keys: int, *fields: Field, **more: Any
) -> JsonResource:
    """A resource whose key are the first `keys` fields."""
    columns = {field.column: pl.Date() if field.column in _DATES else _TEXT for field in fields}
    key = dict(list(columns.items())[:keys])
    described: Mapping[str, pl.DataType] = {**dict(list(columns.items())[keys:]), "local_id": _TEXT}
    record = RecordType(name, title, key, described)
    return JsonResource(record, order, fields=fields, path=f"/ed-fi/{name}", **more)


STUDENTS = _resource(
    *("students", "students", 10, 1),
    _text("student_unique_id", "studentUniqueId"),
    _date("birth_date", "birthDate"),
    _code("birth_sex", "birthSexDescriptor", "SexDescriptor"),
    _text("first_name", "firstName"),
    _text("last_surname", "lastSurname"),
    _text("middle_name", "middleName"),
    _text("generation_code_suffix", "generationCodeSuffix"),
    removable=False,
    about=_STUDENT,
)

CALENDARS = _resource(
    *("calendars", "calendars", 20, 3),
    _text("calendar_code", "calendarCode"),
    _whole("school_id", "schoolReference.schoolId"),
    _whole("school_year", "schoolYearTypeReference.schoolYear"),
    _code("calendar_type", "calendarTypeDescriptor", "CalendarTypeDescriptor"),
    _codes("grade_levels", "gradeLevels[].gradeLevelDescriptor", "GradeLevelDescriptor"),
    _whole("instructional_days", "_ext.MN.instructionalDays"),
)

_MEMBERSHIP = "_ext.MN.membership"
_TRANSPORTATION = "_ext.MN.transportation"

SCHOOL_ASSOCIATIONS = _resource(
    *("studentSchoolAssociations", "enrollments", 30, 3),
    _text("student_unique_id", "studentReference.studentUniqueId"),
    _whole("school_id", "schoolReference.schoolId"),
    _date("entry_date", "entryDate"),
    _whole("school_year", "schoolYearTypeReference.schoolYear"),
    _code("entry_grade_level", "entryGradeLevelDescriptor", "GradeLevelDescriptor"),
    _code("entry_type", "entryTypeDescriptor", "EntryTypeDescriptor"),
    _date("exit_withdraw_date", "exitWithdrawDate"),
    _code("exit_withdraw_type", "exitWithdrawTypeDescriptor", "ExitWithdrawTypeDescriptor"),
    _code("state_aid_category", "_ext.MN.stateAidCategoryDescriptor", "StateAidCategoryDescriptor"),
    _whole(
        "resident_local_education_agency",
        "_ext.MN.residentLocalEducationAgencyReference.localEducationAgencyId",
    ),
    _code(
        "membership_attendance_unit",
        f"{_MEMBERSHIP}.membershipAttendanceUnitDescriptor",
        "MembershipAttendanceUnitDescriptor",
    ),
    _decimal("attendance", f"{_MEMBERSHIP}.attendance"),
    _decimal("membership", f"{_MEMBERSHIP}.membership"),
    _decimal("percent_enrolled", f"{_MEMBERSHIP}.percentEnrolled"),
    _code(
        "transportation_category",
        f"{_TRANSPORTATION}.transportationCategoryDescriptor",
        "TransportationCategoryDescriptor",
    ),
    _whole(
        "transporting_local_education_agency",
        f"{_TRANSPORTATION}.transportingLocalEducationAgencyReference.localEducationAgencyId",
    ),
    _yes_no("homebound_service_indicator", "_ext.MN.homeboundServiceIndicator"),
    _yes_no("special_pupil_indicator", "_ext.MN.specialPupilIndicator"),
    _code(
        "special_education_evaluation_status",
        "_ext.MN.specialEducationEvaluationStatusDescriptor",
        "SpecialEducationEvaluationStatusDescriptor",
    ),
    key_may_change=True,
    about=_STUDENT,
)

DEMOGRAPHICS = _resource(
    *("studentEducationOrganizationAssociations", "demographics by school", 40, 2),
    _text("student_unique_id", "studentReference.studentUniqueId"),
    _whole("education_organization_id", "educationOrganizationReference.educationOrganizationId"),
    _yes_no("hispanic_latino_ethnicity", "hispanicLatinoEthnicity"),
    _code("sex", "sexDescriptor", "SexDescriptor"),
    _codes("races", "races[].raceDescriptor", "RaceDescriptor"),
    _codes(
        "ancestry_ethnic_origins",
        "ancestryEthnicOrigins[].ancestryEthnicOriginDescriptor",
        "AncestryEthnicOriginDescriptor",
    ),
    _code("home_language", "languages[].languageDescriptor", "LanguageDescriptor"),
    _codes(
        "student_characteristics",
        "studentCharacteristics[].studentCharacteristicDescriptor",
        "StudentCharacteristicDescriptor",
    ),
    _codes(
        "opt_out_indicators",
        "_ext.mn.optOutIndicators[].optOutIndicatorsDescriptor",
        "OptOutIndicatorsDescriptor",
    ),
    _date("birth_date", "_ext.mn.birthDate"),
    _text("first_name", "_ext.mn.firstName"),
    _text("last_surname", "_ext.mn.lastSurname"),
    _text("middle_name", "_ext.mn.middleName"),
    _text("generation_code_suffix", "_ext.mn.generationCodeSuffix"),
    constants={"languages[].uses[].languageUseDescriptor": _HOME_LANGUAGE},
    about=_STUDENT,
)

PROGRAM_ASSOCIATIONS = _resource(
    *("studentProgramAssociations", "programs of students", 50, 6),
    _text("student_unique_id", "studentReference.studentUniqueId"),
    _whole("education_organization_id", "educationOrganizationReference.educationOrganizationId"),
    _whole("program_education_organization_id", "programReference.educationOrganizationId"),
    _text("program_name", "programReference.programName"),
    _code("program_type", "programReference.programTypeDescriptor", "ProgramTypeDescriptor"),
    _date("begin_date", "beginDate"),
    _date("end_date", "endDate"),
    about=_STUDENT,
)

RESOURCES = (STUDENTS, CALENDARS, SCHOOL_ASSOCIATIONS, DEMOGRAPHICS, PROGRAM_ASSOCIATIONS)
