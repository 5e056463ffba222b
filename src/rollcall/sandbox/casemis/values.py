"""Plausible contents of CASEMIS Table A and Table B (facts sections 1.2 to 1.4), all text.

Written from the facts and not from the product's layout, so that the two check each other.
"""

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl

from rollcall.sandbox.districts.people import NAME_WIDTH


def _names(text: str) -> tuple[str, ...]:
    """Field names parted by blanks."""
    return tuple(text.split())


TABLE_A_FIELDS = _names(
    "REPT_DATE SELPA_CODE SELPA_FROM DIST_SERV DIST_RESI SCH_CODE SCH_TYPE LAST_NAME FIRST_NAME "
    "STUDENT_ID SSID FILLER BIRTHDATE GENDER ETHNICITY RACE1 RACE2 RACE3 EL NATIVE_LANG EARLY_INT "
    "IN_RFRDATE IN_RFRBY IN_PRNTCST IN_INTEVAL RFRDATE REFR_BY PRNT_CSNT INITEVAL EVLDLAY TBDLAY "
    "PLAN_TYPE MIGRANT RESID_STAT ENTRY_DATE LAST_IEP LAST_EVAL DISABILIT1 DISABILIT2 SOLE_LOW "
    "INFANT_SET FEDSET_INF FEDSET_PRS FEDSET_SCH IN_REGCLS GRADE TRAN_REG1 TRAN_REG2 TRAN_REG3 "
    "TRAN_REG4 TRAN_REG5 TRAN_REG6 TRAN_REG7 TRAN_REG8 SPEC_TRANS PARINPUT FILLER1 FILLER2 FILLER3 "
    "FILLER4 FILLER5 FILLER6 GRAD_PLAN EXIT_DATE EXIT_RESON IEPDELAY TRIDELAY"
)
TABLE_B_FIELDS = _names(
    "REPT_DATE SELPA_CODE STUDENT_ID SSID SERVICE PROVIDER LOCATION FREQUENCY DURATION"
)

SELPA = "1901"
DISTRICT = "6412345"

#: Codes and how often each is drawn; "" is a blank.
Shares = Mapping[str, float]

_DISABILITY: Shares = {
    "290": 0.38,
    "240": 0.22,
    "320": 0.14,
    "280": 0.12,
    "210": 0.05,
    "260": 0.03,
    "310": 0.02,
    "270": 0.01,
    "220": 0.01,
    "230": 0.005,
    "250": 0.005,
    "330": 0.01,
}
_CODES: Mapping[str, Shares] = {
    "SELPA_FROM": {"": 0.9, "3303": 0.1},
    "SCH_TYPE": {"10": 0.95, "11": 0.05},
    "ETHNICITY": {"500": 0.5, "501": 0.48, "900": 0.02},
    "RACE1": {"700": 0.62, "600": 0.08, "208": 0.08, "204": 0.08, "201": 0.07, "400": 0.07},
    "RACE2": {"": 0.94, "700": 0.03, "100": 0.03},
    "RACE3": {"": 0.99, "301": 0.01},
    "EL": {"N": 0.75, "Y": 0.25},
    "NATIVE_LANG": {"00": 0.6, "01": 0.28, "02": 0.04, "23": 0.05, "12": 0.03},
    "EARLY_INT": {"N": 0.9, "Y": 0.1},
    "REFR_BY": {"20": 0.5, "10": 0.3, "30": 0.15, "40": 0.05},
    "EVLDLAY": {"": 0.95, "20": 0.03, "90": 0.02},
    "PLAN_TYPE": {"10": 0.96, "20": 0.02, "70": 0.01, "90": 0.01},
    "MIGRANT": {"N": 0.97, "Y": 0.03},
    "RESID_STAT": {"10": 0.95, "20": 0.03, "72": 0.02},
    "DISABILIT1": _DISABILITY,
    "DISABILIT2": {"": 0.9, "240": 0.06, "280": 0.04},
    "SOLE_LOW": {"N": 0.97, "Y": 0.03},
    "SPEC_TRANS": {"N": 0.85, "Y": 0.15},
    "PARINPUT": {"10": 0.8, "20": 0.15, "30": 0.05},
    "IEPDELAY": {"": 0.96, "10": 0.02, "30": 0.02},
    "TRIDELAY": {"": 0.97, "20": 0.03},
    "EXIT_RESON": {"70": 0.3, "76": 0.6, "71": 0.1},
}
_SETTING: Shares = {"450": 0.9, "460": 0.06, "480": 0.02, "400": 0.02}
_TRANSITION: Shares = {"10": 0.8, "20": 0.2}
_SERVICES = ("330", "415", "450", "425", "515", "435", "340", "460", "720")

_HOW: Mapping[str, Shares] = {
    "PROVIDER": {"100": 0.85, "200": 0.1, "110": 0.05},
    "LOCATION": {"510": 0.5, "520": 0.4, "570": 0.1},
    "FREQUENCY": {"20": 0.8, "30": 0.15, "10": 0.05},
}


def drawn(shares: Shares, count: int, rng: np.random.Generator) -> pl.Series:
    """`count` codes drawn by their shares."""
    weights = np.array(list(shares.values()))
    chosen = rng.choice(len(weights), count, p=weights / weights.sum())
    return pl.Series(list(shares)).gather(chosen)


def table_a(
    students: pl.DataFrame, autumn: int, dates: str, rng: np.random.Generator
) -> pl.DataFrame:
    """A Table A row for each student, every field as text; `dates` is a strftime form."""
    count = students.height
    codes = {name: drawn(shares, count, rng) for name, shares in _CODES.items()}
    upper = students["grade"].is_in(["09", "10", "11", "12"])
    adult = students["grade"].is_in(["11", "12"])
    exits = pl.Series(rng.random(count) < 0.03)
    values = {
        **codes,
        # CASEMIS cuts names to 15 characters; its student id is not the district's.
        "SCH_CODE": students["school_code"],
        "LAST_NAME": students["last_name"].str.slice(0, NAME_WIDTH),
        "FIRST_NAME": students["first_name"].str.slice(0, NAME_WIDTH),
        "STUDENT_ID": "SE" + students["local_id"].str.zfill(8),
        "SSID": students["state_id"],
        "BIRTHDATE": students["birth_date"].dt.strftime(dates),
        "GENDER": students["gender"],
        **_days(count, autumn, dates, rng),
        # As CASEMIS codes grades: 18 is kindergarten.
        "GRADE": students["grade"].replace({"TK": "18", "KN": "18"}),
        "FEDSET_SCH": drawn(_SETTING, count, rng),
        **{f"TRAN_REG{i}": _where(adult, drawn(_TRANSITION, count, rng)) for i in range(1, 9)},
        "GRAD_PLAN": _where(upper, drawn(_TRANSITION, count, rng)),
        "IN_REGCLS": pl.Series(rng.integers(1, 101, count)).cast(pl.String),
        "EXIT_RESON": _where(exits, codes["EXIT_RESON"]),
    }
    exit_day = pl.Series("EXIT_DATE", [date(autumn, 11, 18).strftime(dates)] * count)
    fixed = {
        "REPT_DATE": date(autumn, 12, 1).strftime(dates),
        "SELPA_CODE": SELPA,
        "DIST_SERV": DISTRICT,
        "DIST_RESI": DISTRICT,
    }
    frame = pl.DataFrame({**values, "EXIT_DATE": _where(exits, exit_day)})
    blank = [name for name in TABLE_A_FIELDS if name not in frame.columns and name not in fixed]
    return frame.with_columns(
        *(pl.lit(text).alias(name) for name, text in fixed.items()),
        *(pl.lit("").alias(name) for name in blank),
    ).select(pl.col(TABLE_A_FIELDS).fill_null(""))


def _where(condition: pl.Series, values: pl.Series) -> pl.Series:
    """`values` where the condition is true, else blank."""
    return values.zip_with(condition, pl.Series([""]).new_from_index(0, len(values)))


def _days(count: int, autumn: int, dates: str, rng: np.random.Generator) -> dict[str, pl.Series]:
    """Referral, consent, first evaluation and entry in this order; recent last meetings."""
    start = date(autumn - 3, 9, 1)
    referred = rng.integers(0, 500, count)
    steps = {
        "RFRDATE": referred,
        "PRNT_CSNT": referred + rng.integers(1, 16, count),
        "INITEVAL": referred + rng.integers(16, 76, count),
        "ENTRY_DATE": referred + rng.integers(76, 90, count),
        "LAST_IEP": rng.integers(800, 1_180, count),
        "LAST_EVAL": rng.integers(600, 1_180, count),
    }
    # Few distinct days: write each once, then look it up.
    written = pl.date_range(
        start, date.fromordinal(start.toordinal() + 1_200), eager=True
    ).dt.strftime(dates)
    return {name: written.gather(days) for name, days in steps.items()}


def table_b(
    students: pl.DataFrame, dates: str, autumn: int, rng: np.random.Generator
) -> pl.DataFrame:
    """One to four different services for each student (STUDENT_ID, SSID); fields as text.

    The frame also keeps `local_id`.
    """
    most = rng.choice([1, 2, 3, 4], students.height, p=[0.4, 0.35, 0.15, 0.1])
    start = rng.integers(0, len(_SERVICES), students.height)
    who = students.select("STUDENT_ID", "SSID", "local_id").with_columns(
        pl.Series("start", start), pl.int_ranges(pl.lit(pl.Series(most))).alias("place")
    )
    rows = who.explode("place")
    # Steps of two around a list of odd length: a student's services all differ.
    service = (pl.col("start") + pl.col("place") * 2) % len(_SERVICES)
    minutes = pl.Series("DURATION", rng.integers(2, 13, rows.height) * 10)
    return rows.with_columns(
        pl.lit(date(autumn, 12, 1).strftime(dates)).alias("REPT_DATE"),
        pl.lit(SELPA).alias("SELPA_CODE"),
        service.replace_strict(range(len(_SERVICES)), _SERVICES).alias("SERVICE"),
        *(drawn(shares, rows.height, rng).alias(name) for name, shares in _HOW.items()),
        minutes.cast(pl.String),
    )
