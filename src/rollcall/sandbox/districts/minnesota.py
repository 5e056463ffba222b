"""An invented Minnesota district of any size, the same for the same seed.

It has all that the state's reporting asks for (facts section 3), nearly all of it right; a few
students and enrollments are wrong as real ones are (`minnesota_values.spoiled`).
"""

from pathlib import Path

import numpy as np
import polars as pl

from rollcall.sandbox.districts import people
from rollcall.sandbox.districts.california import Frames, write_bundle
from rollcall.sandbox.districts.minnesota_values import (
    Year,
    demographics,
    programs,
    reported,
    spoiled,
    status_changes,
)

#: The district's and its first school's Ed-Fi ids (ttddddsss, facts section 3.2).
DISTRICT = "10625000"
FIRST_SCHOOL = "10625010"
#: How many days of instruction its schools have.
DAYS = 172

_STUDENTS_A_SCHOOL, _MOST_SCHOOLS = 600, 900
#: The state's classification of schools, and the grades taught there by their place in GRADES.
_LEVELS = {"10": (0, 7), "20": (7, 10), "32": (10, 14)}
_KINDS = {"10": "Elementary", "20": "Middle", "32": "High"}
#: The state's grades, in the order of `people.GRADES`.
GRADES = ("EC", "KA", *(str(grade) for grade in range(1, 13)))
_NUMBERS, _STEP = 900_000_000, 618_033_989  # no common factor, so no MARSS number comes twice
_NO_NUMBER = 0.002
_NO_HK = 2023  # in the autumn of this year the grade HK was given up


def minnesota_district(
    folder: Path, students: int = 5_000, seed: int = 1, school_year: str = "2018-2019"
) -> Frames:
    """Write the record files of a district of so many students into `folder`, made when missing;
    the frames that were written, by file name without ending.

    schools, students, enrollments, demographics, programs, calendars, with the columns of
    docs/reference/record-files.md.
    """
    frames = minnesota_frames(students, seed, school_year)
    write_bundle(frames, folder)
    return frames


def minnesota_frames(students: int, seed: int = 1, school_year: str = "2018-2019") -> Frames:
    """What `minnesota_district` writes. 1,000,000 students take a few seconds."""
    rng = np.random.default_rng(seed)
    year = Year.of(school_year, DISTRICT, DAYS)
    schools = _schools(students)
    frame = _students(students, schools, year, rng)
    entered = _entered(frame, year, rng)
    times = pl.concat([entered, _earlier(entered, schools, year)])
    enrollments = status_changes(reported(times, year, rng), rng)
    right = {
        "schools": schools,
        "students": frame.drop("special"),
        "enrollments": enrollments.sort("local_id", "entry_date"),
        "demographics": demographics(frame, rng),
        "programs": programs(entered, rng),
        "calendars": _calendars(schools, year),
    }
    return spoiled(right, rng)


def _schools(students: int) -> pl.DataFrame:
    """code, name, type (the state's classification) and state_id; at least four."""
    count = min(max(4, round(students / _STUDENTS_A_SCHOOL)), _MOST_SCHOOLS)
    high, middle = max(1, round(count * 0.22)), max(1, round(count * 0.2))
    types = ["10"] * (count - high - middle) + ["20"] * middle + ["32"] * high
    numbers = [int(FIRST_SCHOOL) + i for i in range(count)]
    return pl.DataFrame(
        {
            "code": [str(number)[-3:] for number in numbers],
            "name": people.school_names([_KINDS[type] for type in types]),
            "type": types,
            "state_id": [str(number) for number in numbers],
        }
    )


def _students(
    count: int, schools: pl.DataFrame, year: Year, rng: np.random.Generator
) -> pl.DataFrame:
    """The students, and whether each has special education ("special"), which the grade says in
    the early years.
    """
    grade = people.grades(count, rng)
    born = people.birth_dates(grade, year.first.year, rng)
    students = people.names(count, rng).with_columns(
        pl.col(name).map_batches(_without_marks, return_dtype=pl.String)
        for name in ("last_name", "first_name", "middle_name")
    )
    own = grade.replace_strict(people.GRADES, GRADES, return_dtype=pl.String)
    # Kindergarten with special education had a grade of its own (facts section 3.4).
    disabled = "HK" if year.first.year < _NO_HK else "KA"
    special = pl.Series(rng.random(count) < 0.13) | (own == "EC")
    suffix = np.where(rng.random(count) < 0.006, rng.integers(1, 4, count), 0)
    junior = (students["gender"] == "M").to_numpy()
    return students.select(
        people.local_ids(count),
        _numbers(count, rng),
        "last_name",
        "first_name",
        "middle_name",
        born.alias("birth_date"),
        "gender",
        own.set((own == "KA") & special, disabled).alias("grade"),
        people.school_codes(grade, schools["code"], schools["type"], _LEVELS, rng),
        pl.Series("generation_suffix", ["", "Jr", "II", "III"]).gather(suffix * junior),
        special.alias("special"),
    ).with_columns(pl.col("generation_suffix").replace("", None))


def _without_marks(names: pl.Series) -> pl.Series:
    """Names as the state accepts them: the letters A to Z, blanks, hyphens, apostrophes."""
    distinct = names.unique().drop_nulls()
    plain = [people.unaccented(name).replace(".", "") for name in distinct]
    return names.replace_strict(distinct, plain, default=None, return_dtype=pl.String)


def _numbers(count: int, rng: np.random.Generator) -> pl.Series:
    """MARSS numbers: 13 digits, the first four those of the district that gave them; few have
    none."""
    place = (int(rng.integers(_NUMBERS)) + np.arange(count, dtype=np.int64) * _STEP) % _NUMBERS
    gave = rng.choice([625, 535, 1, 279], count, p=[0.85, 0.05, 0.05, 0.05])
    numbers = pl.Series("state_id", gave * 10**9 + place).cast(pl.String).str.zfill(13)
    return numbers.set(pl.Series(rng.random(count) < _NO_NUMBER), None)


def _entered(students: pl.DataFrame, year: Year, rng: np.random.Generator) -> pl.DataFrame:
    """One enrollment for each student: most from the first day; few leave before the year ends."""
    count, days = students.height, (year.last - year.first).days
    late = np.where(rng.random(count) < 0.08, rng.integers(1, days - 60, count), 0)
    gone = np.where(rng.random(count) < 0.02, rng.integers(5, 50, count), 0)
    entry = pl.lit(year.first) + pl.duration(days=pl.lit(pl.Series(late).cast(pl.Int64)))
    leaving = pl.lit(pl.Series(gone).cast(pl.Int64))
    return students.select(
        "local_id",
        "school_code",
        pl.lit(year.name).alias("school_year"),
        "grade",
        entry.alias("entry_date"),
        pl.when(leaving > 0).then(pl.lit(year.last) - pl.duration(days=leaving)).alias("exit_date"),
        "special",
        pl.lit(None, pl.String).alias("moved"),
    )


def _earlier(entered: pl.DataFrame, schools: pl.DataFrame, year: Year) -> pl.DataFrame:
    """Where a third of the late entrants were before: at another school of the same kind, which
    they left the day before ("moved" says so).
    """
    other_schools = schools.select("code", pl.col("code").shift(1).over("type").alias("other"))
    late = entered.filter(pl.col("entry_date") > year.first).gather_every(3)
    return (
        late.join(other_schools.drop_nulls(), left_on="school_code", right_on="code")
        .with_columns(
            school_code="other",
            entry_date=pl.lit(year.first),
            exit_date=pl.col("entry_date") - pl.duration(days=1),
            moved=pl.lit("20"),
        )
        .select(entered.columns)
    )


def _calendars(schools: pl.DataFrame, year: Year) -> pl.DataFrame:
    """The district's calendar, and those of every tenth school, with two days more."""
    own = schools["code"].gather_every(10).to_list()
    return pl.DataFrame(
        {
            "school_code": [None, *own],
            "school_year": year.name,
            "first_day": year.first,
            "last_day": year.last,
            "instructional_days": [DAYS, *(DAYS + 2 for _ in own)],
        },
        schema_overrides={"school_code": pl.String},
    )
