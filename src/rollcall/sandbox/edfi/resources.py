"""The resources the stand-in serves, declared as data (Data Standard 4.0, facts 3.3)."""

from rollcall.sandbox.edfi.shapes import (
    KeyPart,
    Property,
    Resource,
    code,
    date,
    extension,
    flag,
    integer,
    items,
    number,
    refer,
    text,
)

#: The pseudo resource of references to either a school or a district.
EDUCATION_ORGANIZATIONS = "educationOrganizations"


def _student() -> Property:
    return refer(
        "studentReference", "students", text("studentUniqueId", 32, key=True), required=True
    )


def _school() -> Property:
    return refer("schoolReference", "schools", integer("schoolId", key=True), required=True)


def _year(name: str = "schoolYearTypeReference", *, required: bool = False) -> Property:
    return refer(name, "schoolYearTypes", integer("schoolYear", key=True), required=required)


def _organization() -> Property:
    return refer(
        "educationOrganizationReference",
        EDUCATION_ORGANIZATIONS,
        integer("educationOrganizationId", key=True),
        required=True,
    )


def _part(*path: str, name: str = "") -> KeyPart:
    return KeyPart(name or path[-1], path)


_STUDENT_KEY = _part("studentReference", "studentUniqueId")
_ORGANIZATION_KEY = _part("educationOrganizationReference", "educationOrganizationId")

STUDENTS = Resource(
    "students",
    "Student",
    order=3,
    writable=True,
    key=(_part("studentUniqueId"),),
    properties=(
        text("studentUniqueId", 32, key=True),
        date("birthDate", required=True),
        text("firstName", 75, required=True),
        text("lastSurname", 75, required=True),
        text("middleName", 75),
        text("generationCodeSuffix", 10),
        text("maidenName", 75),
        text("personalTitlePrefix", 30),
        text("birthCity", 30),
        text("birthInternationalProvince", 150),
        code("birthSexDescriptor", "SexDescriptor"),
        date("dateEnteredUS"),
        flag("multipleBirthStatus"),
        extension(),
    ),
)

CALENDARS = Resource(
    "calendars",
    "Calendar",
    order=6,
    writable=True,
    key=(
        _part("calendarCode"),
        _part("schoolReference", "schoolId"),
        _part("schoolYearTypeReference", "schoolYear"),
    ),
    properties=(
        text("calendarCode", 60, key=True),
        _school(),
        _year(required=True),
        code("calendarTypeDescriptor", required=True),
        items("gradeLevels", code("gradeLevelDescriptor", key=True)),
        extension(),
    ),
)

SCHOOL_ASSOCIATIONS = Resource(
    "studentSchoolAssociations",
    "StudentSchoolAssociation",
    order=14,
    writable=True,
    key_may_change=True,
    key=(_STUDENT_KEY, _part("schoolReference", "schoolId"), _part("entryDate")),
    properties=(
        date("entryDate", key=True),
        _school(),
        _student(),
        code("entryGradeLevelDescriptor", "GradeLevelDescriptor", required=True),
        code("entryTypeDescriptor"),
        date("exitWithdrawDate"),
        code("exitWithdrawTypeDescriptor"),
        _year(),
        _year("classOfSchoolYearTypeReference"),
        refer(
            "calendarReference",
            "calendars",
            text("calendarCode", 60, key=True),
            integer("schoolId", key=True),
            integer("schoolYear", key=True),
        ),
        flag("employedWhileEnrolled"),
        number("fullTimeEquivalency"),
        flag("primarySchool"),
        flag("repeatGradeIndicator"),
        flag("schoolChoiceTransfer"),
        flag("termCompletionIndicator"),
        extension(),
    ),
)

ORGANIZATION_ASSOCIATIONS = Resource(
    "studentEducationOrganizationAssociations",
    "StudentEducationOrganizationAssociation",
    order=15,
    writable=True,
    needs_claim=True,
    key=(_STUDENT_KEY, _ORGANIZATION_KEY),
    properties=(
        _organization(),
        _student(),
        code("sexDescriptor", required=True),
        flag("hispanicLatinoEthnicity"),
        items("races", code("raceDescriptor", key=True)),
        items("ancestryEthnicOrigins", code("ancestryEthnicOriginDescriptor", key=True)),
        items(
            "languages",
            code("languageDescriptor", key=True),
            items("uses", code("languageUseDescriptor", key=True)),
        ),
        items(
            "studentCharacteristics",
            code("studentCharacteristicDescriptor", key=True),
            text("designatedBy", 60),
            items("periods", date("beginDate", key=True), date("endDate")),
        ),
        items(
            "studentIdentificationCodes",
            code("studentIdentificationSystemDescriptor", key=True),
            text("assigningOrganizationIdentificationCode", 60, key=True),
            text("identificationCode", 60, required=True),
        ),
        items(
            "studentIndicators",
            text("indicatorName", 200, key=True),
            text("indicator", 60, required=True),
            text("indicatorGroup", 200),
            text("designatedBy", 60),
        ),
        text("loginId", 60),
        text("profileThumbnail", 255),
        flag("internetAccessInResidence"),
        extension(),
    ),
)

PROGRAM_ASSOCIATIONS = Resource(
    "studentProgramAssociations",
    "StudentProgramAssociation",
    order=15,
    writable=True,
    needs_claim=True,
    key=(
        _STUDENT_KEY,
        _ORGANIZATION_KEY,
        _part("programReference", "educationOrganizationId", name="programEducationOrganizationId"),
        _part("programReference", "programName"),
        _part("programReference", "programTypeDescriptor"),
        _part("beginDate"),
    ),
    properties=(
        date("beginDate", key=True),
        _organization(),
        refer(
            "programReference",
            "programs",
            integer("educationOrganizationId", key=True),
            text("programName", 60, key=True),
            code("programTypeDescriptor", key=True),
            required=True,
        ),
        _student(),
        date("endDate"),
        code("reasonExitedDescriptor"),
        flag("servedOutsideOfRegularSession"),
        extension(),
    ),
)

DISTRICTS = Resource(
    "localEducationAgencies",
    "LocalEducationAgency",
    order=4,
    key=(_part("localEducationAgencyId"),),
    properties=(
        integer("localEducationAgencyId", key=True),
        text("nameOfInstitution", 75, required=True),
    ),
)

SCHOOLS = Resource(
    "schools",
    "School",
    order=5,
    key=(_part("schoolId"),),
    properties=(
        integer("schoolId", key=True),
        text("nameOfInstitution", 75, required=True),
        refer(
            "localEducationAgencyReference",
            "localEducationAgencies",
            integer("localEducationAgencyId", key=True),
        ),
    ),
)

PROGRAMS = Resource(
    "programs",
    "Program",
    order=9,
    key=(
        _part("educationOrganizationReference", "educationOrganizationId"),
        _part("programName"),
        _part("programTypeDescriptor"),
    ),
    properties=(
        _organization(),
        text("programName", 60, key=True),
        code("programTypeDescriptor", key=True),
    ),
)

SCHOOL_YEARS = Resource(
    "schoolYearTypes",
    "SchoolYearType",
    order=1,
    key=(_part("schoolYear"),),
    properties=(
        integer("schoolYear", key=True),
        flag("currentSchoolYear"),
        text("schoolYearDescription", 50, required=True),
    ),
)

RESOURCES = (
    SCHOOL_YEARS,
    STUDENTS,
    DISTRICTS,
    SCHOOLS,
    CALENDARS,
    PROGRAMS,
    SCHOOL_ASSOCIATIONS,
    ORGANIZATION_ASSOCIATIONS,
    PROGRAM_ASSOCIATIONS,
)
