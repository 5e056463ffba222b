"""What Minnesota asks about enrollments and students, invented for all of them at once: codes of
facts section 3.4 that keep the rules of section 3.7, and some that break a rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from rollcall.sandbox.districts import people

#: Districts that students live in or came from: Rochester, Minneapolis, Mounds View.
_OTHERS = ("10535000", "30001000", "10621000")
#: Languages spoken at home, with their share: English, Hmong, Somali, Spanish, Karen, Vietnamese.
_LANGUAGES = {"11": 0.72, "20": 0.1, "69": 0.07, "45": 0.08, "129": 0.02, "51": 0.01}
#: Races, with their share and the ancestries that go with them.
_RACES: Mapping[str, tuple[float, tuple[str, ...]]] = {
    "White": (0.55, ()),
    "Asian": (0.2, ("as-hmong", "as-karen", "as-chinese", "as-indian", "as-notindicated")),
    "Black - African American": (0.2, ("bl-africanamerican", "bl-somali", "bl-ethiopianoromo")),
    "American Indian - Alaska Native": (0.04, ("ai-dakota", "ai-ojibwe", "ai-unknown")),
    "Native Hawaiian - Pacific Islander": (0.01, ()),
}
_HISPANIC = ("hl-mexican", "hl-ecuadorian", "hl-salvadoran", "hl-notindicated")
_CHARACTERISTICS = ("1", "3", "4", "5", "6", "10", "4; 5")
#: Programs, with the share of students in them; the last one's are in grades 11 and 12.
_PROGRAMS = {
    "English Learner": 0.2,
    "School Food Service": 0.35,
    "Gifted and Talented": 0.08,
    "Section 504 Plan": 0.03,
    "Homeless": 0.01,
    "PSEO Program": 0.15,
}
#: The share of students or enrollments with each mistake; in a small district one has it.
_MISTAKES = 0.0005


@dataclass(frozen=True)
class Year:
    """A school year of a district: its name, first and last day of school, how many days of
    instruction it has, and the district's Ed-Fi id.
    """

    name: str
    first: date
    last: date
    days: int
    district: str

    @classmethod
    def of(cls, name: str, district: str, days: int) -> "Year":
        """The year of that name, from the day after Labor Day to the first Friday of June."""
        september = date(int(name[:4]), 9, 1)
        labor_day = september + timedelta(days=(7 - september.weekday()) % 7)
        last = people.school_end(september.year)
        return cls(name, labor_day + timedelta(days=1), last, days, district)


def reported(times: pl.DataFrame, year: Year, rng: np.random.Generator) -> pl.DataFrame:
    """Enrollments with what the state asks of them. `times`: key, grade, exit_date, `special`
    (special education) and `moved` (the way out of those who went to another school here).
    """
    there = pl.coalesce("exit_date", pl.lit(year.last)) - pl.col("entry_date")
    year_days = (year.last - year.first).days + 1
    # The share of the year's days of instruction that the enrollment lasts.
    days = (there.dt.total_days() + 1) * year.days // year_days
    drawn = times.hstack(_drawn(times.height, rng)).with_columns(days=days)
    first_time = pl.col("grade").is_in(["EC", "KA", "HK"])
    late = pl.col("entry_date") > year.first
    exited = pl.col("exit_date").is_not_null()
    disabled = pl.col("special") & (pl.col("bus") > 0.8)
    attended = pl.max_horizontal(pl.col("days") - pl.col("absent"), 0.0)
    return drawn.select(
        *times.columns[:6],
        entry_type=_either((first_time, "5"), (late, pl.col("came")), default="0"),
        exit_type=pl.when(exited).then(pl.coalesce("moved", "out")),
        aid_category=_either((pl.col("open"), "01"), default="00"),
        resident_district=_either((pl.col("open"), pl.col("elsewhere")), default=year.district),
        percent_enrolled=pl.lit("100"),
        membership=pl.col("days").cast(pl.String),
        attendance=_half_days(attended),
        attendance_unit=pl.lit("Days"),
        transportation=_either((pl.col("bus") < 0.3, "00"), (disabled, "03"), default="01"),
        transporting_district=pl.when(pl.col("bus") >= 0.3).then(pl.lit(year.district)),
        homebound=_either((pl.col("home"), "Y"), default="N"),
        special_pupil=pl.lit("N"),
        special_education_status=_either((pl.col("special"), "4"), default="1"),
    )


def _drawn(count: int, rng: np.random.Generator) -> pl.DataFrame:
    """What is left to chance in so many enrollments."""
    return pl.DataFrame(
        {
            "open": rng.random(count) < 0.06,
            "bus": rng.random(count),
            "home": rng.random(count) < 0.002,
            "came": rng.choice(["4", "2", "3", "1"], count, p=[0.7, 0.2, 0.05, 0.05]),
            "out": rng.choice(["4", "5", "20", "3"], count, p=[0.6, 0.25, 0.1, 0.05]),
            "elsewhere": rng.choice(_OTHERS, count),
            "absent": np.round(rng.exponential(6, count) * 2) / 2,
        }
    )


def _either(*cases: tuple[pl.Expr, pl.Expr | str], default: str) -> pl.Expr:
    """The value of the first case that is true."""
    values = [
        pl.when(case).then(value if isinstance(value, pl.Expr) else pl.lit(value))
        for case, value in cases
    ]
    return pl.coalesce(*values, pl.lit(default))


def _half_days(number: pl.Expr) -> pl.Expr:
    """A number of days as the state writes it: "172", "162.5"."""
    return number.cast(pl.String).str.strip_suffix(".0")


def status_changes(enrollments: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Some enrollments in two: how the state aids the student changed (99, then 24)."""
    chosen = (
        pl.col("exit_date").is_null() & (pl.col("membership").cast(pl.Int64) > 60)
    ) & pl.Series(rng.random(enrollments.height) < 0.006)
    marked = enrollments.with_columns(splits=chosen)
    split = marked.filter("splits")
    until = pl.col("entry_date") + pl.duration(days=27)
    before = split.with_columns(
        exit_date=until,
        exit_type=pl.lit("99"),
        membership=pl.lit("20"),
        attendance=pl.lit("19.5"),
        aid_category=pl.lit("01"),
        resident_district=pl.lit(_OTHERS[0]),
    )
    remaining = pl.col("membership").cast(pl.Int64) - 20
    attended = pl.min_horizontal(pl.col("attendance").cast(pl.Float64), remaining.cast(pl.Float64))
    after = split.with_columns(
        entry_date=until + pl.duration(days=1),
        entry_type=pl.lit("24"),
        membership=remaining.cast(pl.String),
        attendance=_half_days(attended),
    )
    return pl.concat([marked.filter(~pl.col("splits")), before, after]).drop("splits")


def demographics(students: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """One row a student: races with ancestries that go with them; one in ten is Hispanic."""
    count = students.height
    shares = np.array([share for share, _ in _RACES.values()])
    first_race = rng.choice(len(_RACES), count, p=shares)
    second_race = np.where(
        rng.random(count) < 0.07, rng.choice(len(_RACES), count, p=shares), first_race
    )
    race, second = _race_and_ancestry(first_race, rng), _race_and_ancestry(second_race, rng)
    hispanic = pl.Series(rng.random(count) < 0.1)
    several = pl.Series(first_race != second_race)
    frame = race.hstack(second.rename({"race": "race2", "ancestry": "ancestry2"})).with_columns(
        hispanic=hispanic,
        several=several,
        ancestry3=pl.Series(rng.choice(_HISPANIC, count)),
        home_language=pl.Series(rng.choice([*_LANGUAGES], count, p=[*_LANGUAGES.values()])),
        characteristics=pl.Series(rng.choice(_CHARACTERISTICS, count)),
        marked=pl.Series(rng.random(count) < 0.05),
        opts_out=pl.Series(rng.random(count) < 0.01),
    )
    return frame.select(
        students["local_id"],
        pl.when("hispanic").then(pl.lit("Y")).otherwise(pl.lit("N")).alias("hispanic"),
        _joined(pl.col("race"), pl.when("several").then("race2")).alias("races"),
        _joined(
            pl.col("ancestry"),
            pl.when("several").then("ancestry2"),
            pl.when("hispanic").then("ancestry3"),
        ).alias("ancestry"),
        "home_language",
        pl.when("marked").then("characteristics").alias("characteristics"),
        pl.when("opts_out").then(pl.lit("MNC")).alias("opt_outs"),
    )


def _joined(*codes: pl.Expr) -> pl.Expr:
    text = pl.concat_str(*codes, separator="; ", ignore_nulls=True)
    return pl.when(text != "").then(text)


def _race_and_ancestry(place: np.ndarray, rng: np.random.Generator) -> pl.DataFrame:
    """race and ancestry (null where the state has none of that race) by the place in _RACES."""
    lists = [ancestries or ("",) for _, ancestries in _RACES.values()]
    sizes = np.array([len(codes) for codes in lists])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    chosen = starts[place] + (rng.random(len(place)) * sizes[place]).astype(np.int64)
    ancestries = pl.Series([codes for each in lists for codes in each])
    races = pl.Series([*_RACES])
    return pl.DataFrame(
        {"race": races.gather(place), "ancestry": ancestries.gather(chosen)}
    ).with_columns(pl.col("ancestry").replace("", None))


def programs(entered: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The students' programs, each from the day its student entered; few have ended."""
    parts = []
    for name, share in _PROGRAMS.items():
        chosen = pl.Series(rng.random(entered.height) < share)
        if name == "PSEO Program":
            chosen &= entered["grade"].is_in(["11", "12"])
        there = entered.filter(chosen)
        ended = pl.Series(rng.random(there.height) < 0.05) & there["exit_date"].is_null()
        parts.append(
            there.select(
                "local_id",
                "school_code",
                "school_year",
                pl.lit(name).alias("program_type"),
                pl.lit(name).alias("program_name"),
                pl.col("entry_date").alias("begin_date"),
                pl.when(ended)
                .then(pl.col("entry_date") + pl.duration(days=30))
                .otherwise("exit_date")
                .alias("end_date"),
            )
        )
    return pl.concat(parts).sort("local_id", "program_type")


def spoiled(frames: dict[str, pl.DataFrame], rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    """The frames with mistakes in a few students and enrollments, each a state's rule or refusal:
    one MARSS number for two students, a name with a digit, an unknown way out, more attendance than
    membership, open enrollment of a resident, disabled transport without special education, an
    ancestry without its race, no race at all.
    """
    students, enrollments = frames["students"], frames["enrollments"]
    demographics = frames["demographics"]
    neighbour = students["state_id"].gather(np.roll(np.arange(students.height), 1))
    return {
        **frames,
        "students": students.with_columns(
            _wrong(students, "state_id", neighbour, rng),
            _wrong(students, "last_name", students["last_name"] + "2", rng),
        ),
        "enrollments": enrollments.with_columns(
            _wrong(enrollments, "exit_type", "41", rng, pl.col("exit_date").is_not_null()),
            _wrong(enrollments, "attendance", "400", rng),
            _wrong(enrollments, "aid_category", "01", rng),
            _wrong(enrollments, "transportation", "03", rng),
        ),
        "demographics": demographics.with_columns(
            _wrong(demographics, "races", None, rng),
            _wrong(demographics, "ancestry", "as-hmong", rng),
        ),
    }


def _wrong(
    frame: pl.DataFrame,
    column: str,
    value: pl.Series | str | None,
    rng: np.random.Generator,
    where: pl.Expr | None = None,
) -> pl.Series:
    """The column with another value in a few rows, of those that `where` selects."""
    able = np.arange(frame.height) if where is None else frame.select(where.arg_true()).to_series()
    count = min(len(able), max(1, round(frame.height * _MISTAKES)))
    chosen = pl.Series(rng.choice(able, count, replace=False))
    wrong = pl.Series(range(frame.height)).is_in(chosen.implode())
    return frame.select(
        pl.when(wrong).then(pl.lit(value)).otherwise(column).alias(column)
    ).to_series()
