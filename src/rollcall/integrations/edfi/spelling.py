"""Codes as the state spells them: 08 and 8 are one code, and each list has one of the two. Pure.

The state's rules, its lists and the systems of districts differ in leading zeros (facts section
3.7), and the API takes no other spelling than its list's.
"""

from collections.abc import Mapping
from functools import cache

import polars as pl

from rollcall.integrations.edfi.codes import codes

_LONGEST = 3  # language 11 is written 011 in places
_GRADE = "GradeLevelDescriptor"
#: The columns with one code each, by view.
_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "identities": {"grade": _GRADE},
    "enrollments": {
        "grade": _GRADE,
        "entry_type": "EntryTypeDescriptor",
        "exit_type": "ExitWithdrawTypeDescriptor",
        "aid_category": "StateAidCategoryDescriptor",
        "special_education_status": "SpecialEducationEvaluationStatusDescriptor",
        "transportation": "TransportationCategoryDescriptor",
        "attendance_unit": "MembershipAttendanceUnitDescriptor",
    },
    "demographics": {"home_language": "LanguageDescriptor"},
    "programs": {"program_type": "ProgramTypeDescriptor"},
}


def spelled(views: Mapping[str, pl.DataFrame], school_year: str) -> dict[str, pl.DataFrame]:
    """The records with each code that is known but for leading zeros or the case of its letters as
    the year's list has it; all else stays as it is.
    """
    return {name: _spelled(frame, name, school_year) for name, frame in views.items()}


def _spelled(frame: pl.DataFrame, view: str, school_year: str) -> pl.DataFrame:
    columns = _COLUMNS.get(view)
    if columns is None:
        return frame
    return frame.with_columns(
        pl.col(column).str.strip_chars().replace(*_spellings(descriptor, school_year))
        for column, descriptor in columns.items()
    )


@cache
def _spellings(descriptor: str, school_year: str) -> tuple[pl.Series, pl.Series]:
    """Other ways to write the codes of a list, and the codes."""
    declared = codes(descriptor, school_year)
    ways = {way: code for code in sorted(declared) for way in _ways(code) - declared}
    return pl.Series(list(ways), dtype=pl.String), pl.Series(list(ways.values()), dtype=pl.String)


def _ways(code: str) -> set[str]:
    if not code.isdigit():
        return {code.lower(), code.upper()}
    bare = code.lstrip("0") or "0"
    return {bare, *(bare.zfill(width) for width in range(1, _LONGEST + 1))}
