"""What the checks look at: the records joined into one frame a student and one an enrollment. Pure.

The frames are lazy: joined and checked in one query.

Codes stand in them without leading zeros (`codes.plain`), for the state's rules and its code lists
write the same code both ways (facts section 3.7).
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from rollcall.core.plans.context import Context
from rollcall.core.school_year import SchoolYear
from rollcall.integrations.edfi.codes import codes, plain

#: What divides the codes of a list in one column.
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


def numbered(views: Mapping[str, pl.DataFrame]) -> pl.LazyFrame:
    """The students with a MARSS number (rows of `students`), and `race_set`, their races in one
    text.
    """
    with_state_id = students(views).filter(pl.col("state_id").is_not_null())
    return with_state_id.with_columns(race_set=pl.col("races").list.sort().list.join(DIVIDER))


def sharing(views: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The views, with no other students and enrollments than of those who share a MARSS number:
    few, so that comparing them with one another costs next to nothing.
    """
    people = views["identities"]
    shared = people.filter(pl.col("state_id").is_not_null() & pl.col("state_id").is_duplicated())
    enrolled = views["enrollments"].join(shared, on="local_id", how="semi")
    return {**views, "identities": shared, "enrollments": enrolled}


def schools(views: Mapping[str, pl.DataFrame]) -> pl.LazyFrame:
    """A row for each school with a calendar of its own: `enrolled`, how many enrollments of the
    year are there; about no student.
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
    school_type; born, age (on September 1); first (no enrollment of the student's is earlier);
    hk_known (HK is a grade of the year); year_start, year_end; detail, which says which it is.
    """
    joined = (
        views["enrollments"]
        .lazy()
        .join(_schools(views), on="school_code", how="left")
        .join(_people(views), on="local_id", how="left")
    )
    year = SchoolYear.parse(context.school_year)
    return joined.select(
        *("local_id", "school_code", "school_id", "entry_date", "exit_date"),
        *_codes(),
        *_numbers(),
        *_districts(),
        "school_type",
        "born",
        _age(date(year.start, 9, 1)).alias("age"),
        (pl.col("entry_date") <= pl.col("entry_date").min().over("local_id")).alias("first"),
        pl.lit("HK" in codes("GradeLevelDescriptor", context.school_year)).alias("hk_known"),
        pl.lit(year.first_day).alias("year_start"),
        pl.lit(year.last_day).alias("year_end"),
        _which().alias("detail"),
    ).with_columns(_same_district().alias("same_district"))


def _which() -> pl.Expr:
    """An enrollment in words, by its key."""
    school = pl.col("school_code").fill_null("not named")
    entry = pl.col("entry_date").cast(pl.String).fill_null("no date")
    return pl.format("school {}, entry {}", school, entry)


def _people(views: Mapping[str, pl.DataFrame]) -> pl.LazyFrame:
    return (
        views["identities"]
        .lazy()
        .select("local_id", born=pl.col("birth_date"), students_grade=pl.col("grade"))
    )


def _schools(views: Mapping[str, pl.DataFrame]) -> pl.LazyFrame:
    """School by code, with its days of instruction: those of its own calendar, else those of the
    district's.
    """
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


def _codes() -> list[pl.Expr]:
    return [
        plain(pl.coalesce("grade", "students_grade")).alias("grade"),
        plain(pl.col("exit_type")).alias("exit"),
        plain(pl.col("aid_category")).alias("aid"),
        plain(pl.col("special_education_status")).alias("sped"),
        plain(pl.col("transportation")).alias("transportation"),
    ]


def _numbers() -> list[pl.Expr]:
    texts = (pl.col("percent_enrolled").alias("percent"), pl.col("membership", "attendance"))
    return [text.cast(pl.Float64, strict=False) for text in texts] + [pl.col("instructional_days")]


def _districts() -> list[pl.Expr]:
    places = {
        "resident": pl.col("resident_district"),
        "serving": pl.col("school_id"),
        "transporting": pl.col("transporting_district"),
    }
    types = [id.str.extract(_ID, 1).alias(f"{place}_type") for place, id in places.items()]
    numbers = [_number(id).alias(f"{place}_number") for place, id in places.items()]
    return types + numbers


def _number(id: pl.Expr) -> pl.Expr:
    """The district's four digits; an id too short to have a type is nothing else."""
    return pl.coalesce(id.str.extract(_ID, 2), id.str.zfill(4))


def _same_district() -> pl.Expr:
    """Whether the student lives in the serving district; null where one of the two is not known."""
    type_differs = pl.col("resident_type").ne(pl.col("serving_type")).fill_null(False)
    return pl.col("resident_number").eq(pl.col("serving_number")) & ~type_differs


def _age(day: date) -> pl.Expr:
    """Whole years from birth to a day."""
    born = pl.col("born")
    birthday = born.dt.month().cast(pl.Int32) * 100 + born.dt.day()
    return day.year - born.dt.year() - (birthday > day.month * 100 + day.day).cast(pl.Int32)
