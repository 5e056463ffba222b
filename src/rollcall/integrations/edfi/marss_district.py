"""The state's rules over all of a district's records (facts section 3.7). Texts are ours.

The state compares several records with one MARSS number. Rollcall stores these values once per
student, so they can differ only where several students have the number.
"""

from collections.abc import Mapping

import polars as pl

from rollcall.core.findings import Severity
from rollcall.integrations.edfi.check_declarations import (
    CALENDAR,
    DEMOGRAPHICS,
    STUDENT,
    Check,
    marss,
)

_E, _W = Severity.ERROR, Severity.WARNING
_FIX = "Correct the wrong value; if they are two people, correct the MARSS number of one of them."


def _same(rule: str, number: int, resource: str, field: str, value: pl.Expr, what: str) -> Check:
    """All students with one MARSS number must have the same value, or none."""
    return marss(
        *(rule, _E, number, field),
        resource=resource,
        when=pl.len().over("state_id") > 1,
        require=value.n_unique().over("state_id") <= 1,
        text=f"Several records with one MARSS number differ in {what}",
        fix=_FIX,
    )


_RACE_RULES: Mapping[str, tuple[str, str]] = {
    "10.10.6420": ("American Indian - Alaska Native", "the race American Indian"),
    "10.10.6421": ("Asian", "the race Asian"),
    "10.10.6422": ("Black - African American", "the race Black"),
    "10.10.6423": ("Native Hawaiian - Pacific Islander", "the race Pacific Islander"),
    "10.10.6424": ("White", "the race White"),
}

#: Checks over `check_frames.numbered_students`, of all students of the district.
ALIKE_RULES = (
    _same("10.10.6179", 132, STUDENT, "birth_date", pl.col("birth_date"), "the birth date"),
    _same("10.10.6180", 132, STUDENT, "birth_sex", pl.col("gender"), "the gender"),
)

#: The same without students who are only screened (grade PS).
ALIKE_DEMOGRAPHICS = (
    _same(
        *("10.10.6297", 281, DEMOGRAPHICS, "home_language"),
        *(pl.col("home_language"), "the home language"),
    ),
    _same("10.10.6298", 280, DEMOGRAPHICS, "races", pl.col("race_set"), "the races"),
    _same(
        *("10.10.6419", 280, DEMOGRAPHICS, "hispanic_latino_ethnicity"),
        *(pl.col("hispanic"), "being Hispanic or Latino"),
    ),
    *(
        _same(
            *(rule, 280, DEMOGRAPHICS, "races"),
            *(pl.col("races").list.contains(race).fill_null(False), what),
        )
        for rule, (race, what) in _RACE_RULES.items()
    ),
)

#: A check over `check_frames.schools`.
SCHOOL_RULES = (
    marss(
        *("10.10.6530", _W, 149, None),
        resource=CALENDAR,
        require=pl.col("enrolled") > 0,
        text="A school has a calendar for the year, but no student is enrolled there",
        fix="Enter the enrollments, or delete the school's calendar of this year.",
    ),
)
