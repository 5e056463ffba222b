"""An invented school district of any size, the same for the same seed.

For the demo, the tests and the benchmarks. It has what real districts have and what makes matching
hard: twins, students of equal name and birth date, students without an SSID, ids with leading
zeros, long names, accents.
"""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from rollcall.sandbox.districts import people

#: What a generated district is: schools, students, enrollments, calendars, in Rollcall's own
#: record-file columns (docs/reference/record-files.md).
Frames = dict[str, pl.DataFrame]

_STUDENTS_A_SCHOOL = 600
_NO_SSID_SHARE = 0.02
_TWIN_SHARE = 0.015
_SAME_OF_TWINS = ("last_name", "birth_date", "grade")
#: By level of school, its first grade and the end, as places in people.GRADES.
_LEVELS = {"All": (0, 14), "Elementary": (0, 7), "Middle": (7, 10), "High": (10, 14)}
_SSID_RANGE = 9_800_000_000  # none begins with 99: such an SSID is unknown everywhere
_SSID_STEP = 6_180_339_887  # shares no factor with the range, so no SSID comes twice


def make_district(students: int, seed: int, school_year: str = "2016-2017") -> Frames:
    """A district of `students` students: frames schools, students, enrollments, calendars.

    Ids and codes are text, dates are Date. Two students in a thousand (at least ten) share name
    and birth date with another one; otherwise names and birth dates together are unique, also when
    cut to 15 characters and folded. 1,000,000 students take a few seconds.
    """
    rng = np.random.default_rng(seed)
    autumn = int(school_year[:4])
    schools = _schools(students)
    frame = _students(students, schools, autumn, rng)
    return {
        "schools": schools.drop("level"),
        "students": frame,
        "enrollments": _enrollments(frame, schools, school_year, rng),
        "calendars": _calendars(schools, school_year),
    }


def write_bundle(frames: Frames, folder: Path) -> Path:
    """Write each frame as `<name>.csv` into `folder`, made when missing; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        frame.write_csv(folder / f"{name}.csv")
    return folder


def _schools(students: int) -> pl.DataFrame:
    """code, name, type and level (a key of _LEVELS; "All" when there is one school only)."""
    count = max(1, round(students / _STUDENTS_A_SCHOOL))
    if count < 4:
        levels = ["All"] * count
    else:
        high, middle = max(1, round(count * 0.22)), max(1, round(count * 0.2))
        levels = ["Elementary"] * (count - high - middle) + ["Middle"] * middle + ["High"] * high
    return pl.DataFrame(
        {
            "code": [f"{(i + 1) * 103 + (i % 2) * 6_000_000:07d}" for i in range(count)],
            "name": people.school_names(["" if level == "All" else level for level in levels]),
            "type": ["K-12" if level == "All" else level for level in levels],
            "level": levels,
        }
    )


def _students(
    count: int, schools: pl.DataFrame, autumn: int, rng: np.random.Generator
) -> pl.DataFrame:
    """The students frame; see `make_district`."""
    grade = people.grades(count, rng)
    born = people.birth_dates(grade, autumn, rng)
    frame = people.names(count, rng).with_columns(grade.alias("grade"), born.alias("birth_date"))
    frame = _apart(frame, autumn, rng)
    twins, alike = round(count * _TWIN_SHARE / 2), min(max(5, count // 1_000), count // 2)
    frame = _copy_in_pairs(frame, twins, _SAME_OF_TWINS, rng)
    frame = _copy_in_pairs(frame, alike, ("first_name", "gender", *_SAME_OF_TWINS), rng)
    return frame.select(
        people.local_ids(count),
        _ssids(count, rng),
        "last_name",
        "first_name",
        "middle_name",
        "birth_date",
        "gender",
        "grade",
        people.school_codes(frame["grade"], schools["code"], schools["level"], _LEVELS, rng),
    )


def _apart(frame: pl.DataFrame, autumn: int, rng: np.random.Generator) -> pl.DataFrame:
    """Give students who share name and birth date by chance other birth dates."""
    for _ in range(20):
        again = ~people.match_key(frame).is_first_distinct()
        if not again.any():
            break
        born = people.birth_dates(frame["grade"], autumn, rng)
        frame = frame.with_columns(
            pl.when(again).then(born).otherwise("birth_date").alias("birth_date")
        )
    return frame


def _copy_in_pairs(
    frame: pl.DataFrame, pairs: int, columns: tuple[str, ...], rng: np.random.Generator
) -> pl.DataFrame:
    """Draw pairs of students and give the second of each the first one's values in `columns`. Both
    keep their first names, or have the same: pairs that share a first name by chance stay apart.
    """
    chosen = rng.choice(frame.height, 2 * pairs, replace=False)
    first, second = chosen[:pairs], chosen[pairs:]
    if "first_name" not in columns:
        names = people.folded(frame["first_name"])
        differ = (names.gather(first) != names.gather(second)).to_numpy()
        first, second = first[differ], second[differ]
    sources = np.arange(frame.height)
    sources[second] = first
    return frame.with_columns(frame[column].gather(sources) for column in columns)


def _ssids(count: int, rng: np.random.Generator) -> pl.Series:
    """Ten digits each, no two alike, one in ten with a leading zero; a few students have none."""
    start = int(rng.integers(_SSID_RANGE))
    digits = (start + np.arange(count, dtype=np.int64) * _SSID_STEP) % _SSID_RANGE
    none = pl.Series(rng.random(count) < _NO_SSID_SHARE)
    return pl.Series("state_id", digits).cast(pl.String).str.zfill(10).set(none, None)


def _enrollments(
    students: pl.DataFrame, schools: pl.DataFrame, school_year: str, rng: np.random.Generator
) -> pl.DataFrame:
    """One enrollment for each student, mostly from the first day; a second, ended one for those who
    changed school this year.
    """
    autumn = int(school_year[:4])
    first, last = people.school_start(autumn), people.school_end(autumn)
    count, days = students.height, (last - first).days
    late = np.where(rng.random(count) < 0.12, rng.integers(1, days - 30, count), 0)
    entry = pl.lit(first) + pl.duration(days=pl.lit(pl.Series(late).cast(pl.Int64)))
    leaves = pl.Series(rng.random(count) < 0.01)
    current_enrollments = students.select(
        "local_id",
        "school_code",
        pl.lit(school_year).alias("school_year"),
        "grade",
        entry.alias("entry_date"),
        pl.when(leaves).then(pl.lit(last)).otherwise(None).alias("exit_date"),
    )
    return pl.concat([current_enrollments, _earlier(current_enrollments, schools, first)]).sort(
        "local_id", "entry_date"
    )


def _earlier(current_enrollments: pl.DataFrame, schools: pl.DataFrame, first: date) -> pl.DataFrame:
    """Where some late entrants were before: at the next school of the list, from the first day."""
    following = schools["code"].gather([*range(1, schools.height), 0])
    earlier = current_enrollments.filter(pl.col("entry_date") > first)
    earlier = earlier.gather_every(4).with_columns(
        pl.col("school_code").replace_strict(schools["code"], following, return_dtype=pl.String),
        pl.lit(first).alias("entry_date"),
        (pl.col("entry_date") - pl.duration(days=1)).alias("exit_date"),
    )
    return earlier if schools.height > 1 else earlier.clear()


def _calendars(schools: pl.DataFrame, school_year: str) -> pl.DataFrame:
    """The district's calendar (school_code null), and that of every tenth school, a day later."""
    autumn = int(school_year[:4])
    first, last = people.school_start(autumn), people.school_end(autumn)
    own = schools["code"].gather_every(10).to_list()
    return pl.DataFrame(
        {
            "school_code": [None, *own],
            "school_year": school_year,
            "first_day": [first, *(date.fromordinal(first.toordinal() + 1) for _ in own)],
            "last_day": last,
        },
        schema_overrides={"school_code": pl.String},
    )
