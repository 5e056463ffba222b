"""Invented people: names, genders and birth dates, drawn for all students at once."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from rollcall.sandbox.districts.names import FEATURES, GROUPS, PLACES

#: Grades as California's student data system codes them, youngest first.
GRADES = ("TK", "KN", *(f"{grade:02d}" for grade in range(1, 13)))
_GRADE_SHARE = np.array([0.02, *(0.98 / 13,) * 13])

#: How many characters of a name CASEMIS keeps (seed 001).
NAME_WIDTH = 15


def names(count: int, rng: np.random.Generator) -> pl.DataFrame:
    """`count` people: last_name, first_name, middle_name (some null), gender (F or M)."""
    group = rng.choice(len(GROUPS), count, p=[g.weight for g in GROUPS])
    girl = rng.random(count) < 0.49
    english = rng.random(count) < 0.25
    given_group = np.where(english, 1, group)
    first, middle = _given(given_group, girl, rng), _given(given_group, girl, rng)
    no_middle = pl.Series(rng.random(count) < 0.35) | (first == middle)
    return pl.DataFrame(
        {
            "last_name": _surnames(group, rng),
            "first_name": first,
            "middle_name": middle.set(no_middle, None),
            "gender": pl.Series(np.where(girl, "F", "M")),
        }
    )


def _surnames(group: np.ndarray, rng: np.random.Generator) -> pl.Series:
    """A surname of each one's group; the first listed are drawn most. Some carry two."""
    lists = [g.surnames for g in GROUPS]
    first, second = _pick(lists, group, rng, skew=1.6), _pick(lists, group, rng, skew=1.2)
    double = rng.random(len(group)) < np.array([g.double for g in GROUPS])[group]
    hyphen = rng.random(len(group)) < 0.5
    frame = pl.DataFrame({"a": first, "b": second, "two": double, "hyphen": hyphen})
    sign = pl.when("hyphen").then(pl.lit("-")).otherwise(pl.lit(" "))
    joined = pl.concat_str("a", sign, "b")
    return frame.select(pl.when("two").then(joined).otherwise("a").alias("name")).to_series()


def _given(group: np.ndarray, girl: np.ndarray, rng: np.random.Generator) -> pl.Series:
    """A given name by group and gender."""
    lists = [g.boys for g in GROUPS] + [g.girls for g in GROUPS]
    return _pick(lists, group + girl * len(GROUPS), rng, skew=1.2)


def _pick(
    lists: list[tuple[str, ...]], which: np.ndarray, rng: np.random.Generator, skew: float
) -> pl.Series:
    """One name of `lists[which]` for each; a higher `skew` prefers the first of a list."""
    sizes = np.array([len(names) for names in lists])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    place = (rng.random(len(which)) ** skew * sizes[which]).astype(np.int64)
    flat = pl.Series([name for names in lists for name in names])
    return flat.gather(starts[which] + place)


def grades(count: int, rng: np.random.Generator) -> pl.Series:
    """A grade for each of `count` students."""
    return pl.Series(GRADES).gather(rng.choice(len(GRADES), count, p=_GRADE_SHARE))


def birth_dates(grade: pl.Series, autumn: int, rng: np.random.Generator) -> pl.Series:
    """A birth date that fits each grade in the school year that starts in the year `autumn`.

    California's kindergartners turn five by September 1; a few students are a year older.
    """
    years = pl.DataFrame({"grade": GRADES, "back": [5, *range(5, 18)]})
    back = pl.DataFrame({"grade": grade}).join(years, on="grade", how="left", maintain_order="left")
    cutoff = pl.date(autumn - pl.col("back"), 9, 1)
    late = np.where(rng.random(len(grade)) < 0.04, 365, 0)
    span = np.where((grade == "TK").to_numpy(), -92, 365)  # TK: turned five by December 2
    days = pl.Series((rng.random(len(grade)) * span).astype(np.int32) + late)
    return back.select((cutoff - pl.duration(days=pl.lit(days))).alias("birth_date")).to_series()


def unaccented(name: str) -> str:
    """`name` in the plain letters A to Z."""
    spread = unicodedata.normalize("NFKD", name.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in spread if not unicodedata.combining(c))


def fold(name: str) -> str:
    """`name` as matching compares it: 15 characters, without marks and case."""
    return unaccented(unicodedata.normalize("NFC", name)[:NAME_WIDTH].strip()).casefold()


def folded(names: pl.Series) -> pl.Series:
    """`fold` of each name; every distinct name is folded once."""
    distinct = names.unique()
    table = pl.DataFrame({"name": distinct, "fold": [fold(name) for name in distinct]})
    joined = names.to_frame("name").join(table, on="name", how="left", maintain_order="left")
    return joined["fold"]


def match_key(students: pl.DataFrame) -> pl.Series:
    """What seed 001 matches by without an SSID: 15 of each name, folded, and the birth date."""
    keys = students.select(
        folded(students["last_name"]).alias("last"),
        folded(students["first_name"]).alias("first"),
        pl.col("birth_date").cast(pl.String),
    )
    return keys.select(pl.concat_str(pl.all(), separator="|").alias("key")).to_series()


def school_names(kinds: Sequence[str]) -> list[str]:
    """A name for each school, with its kind ("Middle"; "" for none): all differ up to 2,000."""
    return [
        f"{PLACES[number % len(PLACES)]} "
        f"{FEATURES[(number // len(PLACES) + number * 7) % len(FEATURES)]} "
        f"{kind + ' ' if kind else ''}School"
        for number, kind in enumerate(kinds)
    ]


def school_codes(
    grade: pl.Series,
    codes: pl.Series,
    levels: pl.Series,
    grades_of: Mapping[str, tuple[int, int]],
    rng: np.random.Generator,
) -> pl.Series:
    """A school for each student, at random among those that teach the grade. `codes` and `levels`:
    of the schools; `grades_of`: by level, the first grade and the end, as places in GRADES.
    """
    place = grade.replace_strict(GRADES, range(len(GRADES)), return_dtype=pl.Int64)
    chosen = np.zeros(grade.len(), np.int64)
    for level, (first, end) in grades_of.items():
        schools = (levels == level).arg_true().to_numpy()
        if len(schools):
            inside = place.is_between(first, end, closed="left").to_numpy()
            chosen[inside] = rng.choice(schools, int(inside.sum()))
    return codes.gather(chosen).alias("school_code")


def local_ids(count: int) -> pl.Series:
    """000001, 000002 ...: six digits or more, as text."""
    return pl.Series("local_id", np.arange(1, count + 1)).cast(pl.String).str.zfill(6)


def school_start(autumn: int) -> date:
    """The first day of school: the first Monday on or after August 11."""
    day = date(autumn, 8, 11)
    return date(autumn, 8, 11 + (7 - day.weekday()) % 7)


def school_end(autumn: int) -> date:
    """The last day of school: the first Friday of June."""
    day = date(autumn + 1, 6, 1)
    return date(autumn + 1, 6, 1 + (4 - day.weekday()) % 7)
