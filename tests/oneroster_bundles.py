"""A made-up district as a OneRoster 1.1 CSV bundle (facts section 8), as an SIS exports it.

It has what such exports have besides students: staff, terms, a deleted student, the district as
an organization.
"""

from pathlib import Path

import polars as pl

from rollcall.sandbox.districts.california import Frames, write_bundle

_CHANGED = pl.lit("2016-08-01T00:00:00.000Z").alias("dateLastModified")
_DISTRICT = "org-district"

_MANIFEST = {
    "manifest.version": "1.0",
    "oneroster.version": "1.1",
    "file.academicSessions": "bulk",
    "file.demographics": "bulk",
    "file.orgs": "bulk",
    "file.users": "bulk",
    "source.systemName": "Rollcall sandbox",
}


def write_oneroster(frames: Frames, folder: Path) -> Path:
    """Write the district as a OneRoster 1.1 CSV bundle into `folder`; return the folder."""
    return write_bundle(oneroster_frames(frames), folder)


def oneroster_frames(frames: Frames) -> Frames:
    """The bundle's files, by file name without ending, from a district's frames.

    A student's `identifier` is the local id, a school's its code; the SSID is in `userIds` under
    the type SSID. School types, school calendars and enrollments do not fit into OneRoster.
    """
    return {
        "manifest": pl.DataFrame(
            {"propertyName": list(_MANIFEST), "value": list(_MANIFEST.values())}
        ),
        "orgs": _orgs(frames["schools"]),
        "academicSessions": _sessions(frames["calendars"]),
        "users": _users(frames["students"]),
        "demographics": _demographics(frames["students"]),
    }


def _orgs(schools: pl.DataFrame) -> pl.DataFrame:
    """The district and its schools."""
    district = {"sourcedId": _DISTRICT, "name": "Sandbox Unified", "type": "district"}
    listed = schools.select(
        pl.format("org-{}", "code").alias("sourcedId"),
        "name",
        pl.lit("school").alias("type"),
        pl.col("code").alias("identifier"),
        pl.lit(_DISTRICT).alias("parentSourcedId"),
    )
    both = pl.concat([pl.DataFrame(district), listed], how="diagonal")
    columns = ("sourcedId", pl.lit("active").alias("status"), _CHANGED)
    return both.select(*columns, "name", "type", "identifier", "parentSourcedId")


def _sessions(calendars: pl.DataFrame) -> pl.DataFrame:
    """The district's school years, each with its first term."""
    years = calendars.filter(pl.col("school_code").is_null()).select(
        pl.format("sy-{}", "school_year").alias("sourcedId"),
        pl.col("school_year").alias("title"),
        pl.lit("schoolYear").alias("type"),
        pl.col("first_day").alias("startDate"),
        pl.col("last_day").alias("endDate"),
        pl.lit(None, pl.String).alias("parentSourcedId"),
        pl.col("school_year").str.slice(5).alias("schoolYear"),
    )
    terms = years.with_columns(
        pl.format("{}-1", "sourcedId").alias("sourcedId"),
        pl.lit("term").alias("type"),
        pl.col("sourcedId").alias("parentSourcedId"),
        pl.date(pl.col("startDate").dt.year(), 12, 20).alias("endDate"),
    )
    both = pl.concat([years, terms])
    other_columns = [name for name in both.columns if name != "sourcedId"]
    return both.select("sourcedId", pl.lit("active").alias("status"), _CHANGED, *other_columns)


def _users(students: pl.DataFrame) -> pl.DataFrame:
    """The students, one who was deleted, and a teacher."""
    listed = students.select(
        pl.format("stu-{}", "local_id").alias("sourcedId"),
        pl.lit("active").alias("status"),
        _CHANGED,
        pl.lit("true").alias("enabledUser"),
        pl.format("org-{}", "school_code").alias("orgSourcedIds"),
        pl.lit("student").alias("role"),
        pl.format("s{}", "local_id").alias("username"),
        # A cell such as `{LEA:000123},{SSID:0123456789}`.
        pl.concat_str(
            pl.concat_str(pl.lit("{LEA:"), "local_id", pl.lit("}")),
            pl.concat_str(pl.lit(",{SSID:"), "state_id", pl.lit("}")).fill_null(""),
        ).alias("userIds"),
        pl.col("first_name").alias("givenName"),
        pl.col("last_name").alias("familyName"),
        pl.col("middle_name").alias("middleName"),
        pl.col("local_id").alias("identifier"),
        *(pl.lit(None, pl.String).alias(name) for name in ("email", "sms", "phone", "agents")),
        pl.col("grade").alias("grades"),
        pl.lit(None, pl.String).alias("password"),
    ).rename({"agents": "agentSourcedIds"})
    deleted = {"sourcedId": "stu-gone", "status": "tobedeleted", "identifier": "gone"}
    teacher = {"sourcedId": "tea-1", "role": "teacher", "identifier": "t1", "userIds": "{LEA:t1}"}
    no_students = [
        listed.head(1).with_columns(pl.lit(text).alias(name) for name, text in changed.items())
        for changed in (deleted, teacher)
    ]
    return pl.concat([listed, *no_students])


def _demographics(students: pl.DataFrame) -> pl.DataFrame:
    """Birth dates and sexes; the race columns that OneRoster names are left empty."""
    empty = (
        "americanIndianOrAlaskaNative",
        "asian",
        "blackOrAfricanAmerican",
        "nativeHawaiianOrOtherPacificIslander",
        "white",
        "demographicRaceTwoOrMoreRaces",
        "hispanicOrLatinoEthnicity",
        "countryOfBirthCode",
        "stateOfBirthAbbreviation",
        "cityOfBirth",
        "publicSchoolResidenceStatus",
    )
    return students.select(
        pl.format("stu-{}", "local_id").alias("sourcedId"),
        pl.lit("active").alias("status"),
        _CHANGED,
        pl.col("birth_date").alias("birthDate"),
        pl.col("gender").replace({"F": "female", "M": "male"}).alias("sex"),
        *(pl.lit(None, pl.String).alias(name) for name in empty),
    )
