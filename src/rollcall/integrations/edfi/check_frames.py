"""The frames that checks read: the records joined, with a row per student, enrollment or school.
Pure.

The frames are lazy: joined and checked in one query. Codes are without leading zeros
(`codes.plain`), since the state's rules and its code lists write the same code both ways (facts
section 3.7).
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from rollcall.core.plans.context import Context
from rollcall.core.school_year import SchoolYear
from rollcall.integrations.edfi.codes import codes, plain

#: Between the codes of a list in one column.
DIVIDER = "; "

#: An Ed-Fi id of a district or school: type (1 or 2 digits), district (4), school (3; 000 is the
#: district itself), without leading zeros (facts section 3.2).
_ID = r"^0*([1-9][0-9]?)([0-9]{4})[0-9]{3}$"


def students(views: Mapping[str, pl.DataFrame]) -> pl.LazyFrame:
    """A row for each student with an enrollment in the year: the columns of the views "identities"
    and "demographics", the lists `races` and `ancestry` as lists (empty where there is none).
    """
    enrolled = (
        views["identities"].lazy().join(views["enrollments"].lazy(), on="local_id", how="semi")
    )
    with_demographics = enrolled.join(views["demographics"].lazy(), on="local_id", how="left")
    lists = [pl.col(name).str.split(DIVIDER).fill_null([]) for name in ("races", "ancestry")]
    return with_demographics.with_columns(*lists, detail=pl.lit(""))


def numbered_students(views: Mapping[str, pl.DataFrame]) -> pl.LazyFrame:
    """The rows of `students` with a MARSS number, and `race_set`, their races in one text."""
    with_state_id = students(views).filter(pl.col("state_id").is_not_null())
    return with_state_id.with_columns(race_set=pl.col("races").list.sort().list.join(DIVIDER))


def with_shared_numbers(views: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The views with only those students who share a MARSS number, and their enrollments: few, so
    that comparing them costs little.
    """
    students = views["identities"]
    shared = students.filter(pl.col("state_id").is_not_null() & pl.col("state_id").is_duplicated())
    enrolled = views["enrollments"].join(shared, on="local_id", how="semi")
    return {**views, "identities": shared, "enrollments": enrolled}


def schools(views: Mapping[str, pl.DataFrame]) -> pl.LazyFrame:
    """A row for each school with its own calendar, about no student: `enrolled`, the number of
    enrollments there in the year.
    """
    counts = views["enrollments"].lazy().group_by("school_code").agg(enrolled=pl.len())
    own = views["calendar"].lazy().select("school_code").drop_nulls().unique()
    return own.join(counts, on="school_code", how="left").select(
        local_id=pl.lit(None, pl.String),
        enrolled=pl.col("enrolled").fill_null(0),
        detail=pl.format("school {}", "school_code"),
    )


def enrollments(views: Mapping[str, pl.DataFrame], context: Context) -> pl.LazyFrame:
    """A row for each enrollment of the year.

    local_id, school_code, entry_date and exit_date as the record has them; school_id (the state's);
    the codes grade, exit, aid, sped and transportation; the numbers percent, membership, attendance
    and instructional_days; resident_, serving_ and transporting_ type and number, same_district;
    school_type; born, age (on September 1); first (the student has no earlier enrollment); hk_known
    (HK is a grade of the year); year_start, year_end; detail, the enrollment in words.
    """
    students = views["identities"].lazy()
    births = students.select("local_id", born=pl.col("birth_date"), students_grade=pl.col("grade"))
    joined = (
        views["enrollments"]
        .lazy()
        .join(_schools(views), on="school_code", how="left")
        .join(births, on="local_id", how="left")
    )
    year = SchoolYear.parse(context.school_year)
    return joined.select(
        *("local_id", "school_code", "school_id", "entry_date", "exit_date"),
        *(plain(code).alias(name) for name, code in _CODES.items()),
        pl.col("percent_enrolled").cast(pl.Float64, strict=False).alias("percent"),
        pl.col("membership", "attendance").cast(pl.Float64, strict=False),
        *("instructional_days", "school_type", "born"),
        *_districts(),
        age=_age(date(year.start, 9, 1)),
        first=pl.col("entry_date") <= pl.col("entry_date").min().over("local_id"),
        hk_known=pl.lit("HK" in codes("GradeLevelDescriptor", context.school_year)),
        year_start=pl.lit(year.first_day),
        year_end=pl.lit(year.last_day),
        detail=pl.format(
            "school {}, entry {}",
            pl.col("school_code").fill_null("not named"),
            pl.col("entry_date").cast(pl.String).fill_null("no date"),
        ),
    ).with_columns(
        # Null where one of the two districts is missing.
        same_district=pl.col("resident_number").eq(pl.col("serving_number"))
        & ~pl.col("resident_type").ne(pl.col("serving_type")).fill_null(False)
    )


#: The columns of an enrollment's codes in `enrollments`, and where each comes from.
_CODES = {
    "grade": pl.coalesce("grade", "students_grade"),
    "exit": pl.col("exit_type"),
    "aid": pl.col("aid_category"),
    "sped": pl.col("special_education_status"),
    "transportation": pl.col("transportation"),
}


def _schools(views: Mapping[str, pl.DataFrame]) -> pl.LazyFrame:
    """Schools by code, with days of instruction: of the school's calendar, else the district's."""
    calendar = views["calendar"].select("school_code", "instructional_days")
    district = calendar.filter(pl.col("school_code").is_null())["instructional_days"]
    days = pl.lit(district.first() if len(district) else None, pl.Float64)
    schools = (
        views["schools"]
        .lazy()
        .select(school_code="code", school_id="state_id", school_type=plain(pl.col("type")))
    )
    own = schools.join(calendar.lazy(), on="school_code", how="left")
    return own.with_columns(pl.col("instructional_days").cast(pl.Float64).fill_null(days))


def _districts() -> list[pl.Expr]:
    """Type and number of the resident, serving and transporting district. The number is the
    district's four digits; an id too short to have a type is all number.
    """
    ids = {
        "resident": pl.col("resident_district"),
        "serving": pl.col("school_id"),
        "transporting": pl.col("transporting_district"),
    }
    types = {place: id.str.extract(_ID, 1) for place, id in ids.items()}
    numbers = {
        place: pl.coalesce(id.str.extract(_ID, 2), id.str.zfill(4)) for place, id in ids.items()
    }
    return [
        *(value.alias(f"{place}_type") for place, value in types.items()),
        *(value.alias(f"{place}_number") for place, value in numbers.items()),
    ]


def _age(day: date) -> pl.Expr:
    """Full years from birth to a day."""
    born = pl.col("born")
    birthday = born.dt.month().cast(pl.Int32) * 100 + born.dt.day()
    return day.year - born.dt.year() - (birthday > day.month * 100 + day.day).cast(pl.Int32)
