"""The state's rules that only make sense over all of a district's records (facts section 3.7).

The state compares what several records with one MARSS number say of the same person. Rollcall holds
that once a student, so it can differ only where several students have the number. Texts are ours.
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
_FIX = "Correct what is wrong; if they are two people, correct the MARSS number of one of them."


def _alike(column: str) -> pl.Expr:
    """Whether all with one MARSS number have the same value, no value being one too."""
    return pl.col(column).n_unique().over("state_id") <= 1


def _alike_as(code: str) -> pl.Expr:
    has = pl.col("races").list.contains(code).fill_null(False)
    return has.n_unique().over("state_id") <= 1


def _same(rule: str, number: int, resource: str, field: str, require: pl.Expr, what: str) -> Check:
    shared = pl.len().over("state_id") > 1
    return marss(
        *(rule, _E, number, resource, field),
        when=shared,
        require=require,
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

#: Checks of a row a student with an enrollment (`cases.students`), of the whole district.
ALIKE_RULES = (
    _same("10.10.6179", 132, STUDENT, "birth_date", _alike("birth_date"), "the birth date"),
    _same("10.10.6180", 132, STUDENT, "birth_sex", _alike("gender"), "the gender"),
)

#: The same without students who are only screened (grade PS).
ALIKE_DEMOGRAPHICS = (
    _same(
        *("10.10.6297", 281, DEMOGRAPHICS, "home_language"),
        *(_alike("home_language"), "the home language"),
    ),
    _same("10.10.6298", 280, DEMOGRAPHICS, "races", _alike("race_set"), "the races"),
    _same(
        *("10.10.6419", 280, DEMOGRAPHICS, "hispanic_latino_ethnicity"),
        *(_alike("hispanic"), "being Hispanic or Latino"),
    ),
    *(
        _same(rule, 280, DEMOGRAPHICS, "races", _alike_as(code), what)
        for rule, (code, what) in _RACE_RULES.items()
    ),
)

#: A check of a row a school with a calendar of its own and `enrolled`, how many are enrolled there.
SCHOOL_RULES = (
    marss(
        *("10.10.6530", _W, 149, CALENDAR, None),
        require=pl.col("enrolled") > 0,
        text="A school has a calendar for the year, and nobody is enrolled there",
        fix="Enter the enrollments, or take the school's calendar of this year away.",
    ),
)
