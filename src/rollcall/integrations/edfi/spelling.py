"""Codes as the state spells them: 08 and 8 are one code, and a list has one of the two. Pure.

The state's rules, its lists and the systems of districts differ in leading zeros (facts section
3.7), and the API accepts only its list's spelling.
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
    """The records with codes spelled as the year's list has them, where they differ only in leading
    zeros or in upper and lower case; all else stays as it is.
    """
    return {
        name: frame.with_columns(
            pl.col(column).str.strip_chars().replace(*_spellings(descriptor, school_year))
            for column, descriptor in _COLUMNS[name].items()
        )
        if name in _COLUMNS
        else frame
        for name, frame in views.items()
    }


@cache
def _spellings(descriptor: str, school_year: str) -> tuple[pl.Series, pl.Series]:
    """Other spellings of the codes of a list, and the codes."""
    listed = codes(descriptor, school_year)
    spellings: dict[str, str] = {}
    for code in sorted(listed):
        variants = {code.lower(), code.upper()}
        if code.isdigit():
            bare = code.lstrip("0") or "0"
            variants = {bare.zfill(width) for width in range(1, _LONGEST + 1)}
        spellings |= dict.fromkeys(variants - listed, code)
    replaced = pl.Series(list(spellings), dtype=pl.String)
    return replaced, pl.Series(list(spellings.values()), dtype=pl.String)
