"""The state's codes, by descriptor and school year (facts section 3.4).

From two of the state's lists, of 2021-2022 and of 2025-2026. A code on both is always valid. A code
on one list is valid from the first school year, or to the last, in which it can have been: between
the two lists old and new codes are both accepted, since it is worse to hold back what the state
would accept than to get its refusal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl

from rollcall.core.school_year import SchoolYear

#: The years of the two lists, by the calendar year they begin in.
_OLD_LIST, _NEW_LIST = 2021, 2025
_ALWAYS = (0, 9999)
_BEFORE = (0, _NEW_LIST - 1)  # on the old list only
_SINCE = (_OLD_LIST + 1, 9999)  # on the new list only


@dataclass(frozen=True)
class _Codes:
    """Codes that are valid in the school years that begin in `first` to `last`."""

    codes: frozenset[str]
    first: int
    last: int


def _listed(text: str, years: tuple[int, int] = _ALWAYS) -> _Codes:
    """Codes separated by blanks; "7-9" is 7 8 9, "KA-KC" is KA KB KC."""
    return _Codes(frozenset(code for part in text.split() for code in _range(part)), *years)


def _range(part: str) -> list[str]:
    first, dash, last = part.partition("-")
    if dash and first.isdigit() and last.isdigit():
        return [str(number) for number in range(int(first), int(last) + 1)]
    if dash and len(first) == len(last) == 2 and first[0] == last[0]:
        return [first[0] + chr(letter) for letter in range(ord(first[1]), ord(last[1]) + 1)]
    return [part]


def _named(*names: str, years: tuple[int, int] = _ALWAYS) -> _Codes:
    """Codes that are names, with blanks in them."""
    return _Codes(frozenset(names), *years)


def _ancestries(group: str, names: str) -> _Codes:
    shared = "other unknown notindicated"
    return _named(*(f"{group}-{name}" for name in f"{names} {shared}".split()))


#: Grades. HK was removed from the list for 2023-2024. EC is on the old list only, but the state's
#: own pages still use it, so it is valid. Before the old list the rules have KA to KZ.
_GRADES = (
    _listed("1-12 EE EC KA-KG KI-KK"),
    _listed("HK", (0, 2022)),
    _listed("PS PA-PJ RA-RJ", _BEFORE),
    _listed("KH-KZ", (0, _OLD_LIST - 1)),
)

_CODES: Mapping[str, tuple[_Codes, ...]] = {
    "GradeLevelDescriptor": _GRADES,
    "EntryTypeDescriptor": (_listed("0-5 24"),),
    "ExitWithdrawTypeDescriptor": (_listed("0 3-8 11-14 16 18 20 21 23-30 34 36 40 99"),),
    "StateAidCategoryDescriptor": (
        _listed("00 01 02 03 04 05 06 08 10 11 14-22 26-29 34 35 46 51-60 77 98"),
    ),
    "SpecialEducationEvaluationStatusDescriptor": (_listed("1-7"),),
    "TransportationCategoryDescriptor": (_listed("00 01 02 03 04 05 06 07 08"),),
    "MembershipAttendanceUnitDescriptor": (_listed("Days Hours"),),
    "SexDescriptor": (_named("Female", "Male", "Not Selected"),),
    "RaceDescriptor": (
        _named(
            *("American Indian - Alaska Native", "Asian", "Black - African American"),
            *("Native Hawaiian - Pacific Islander", "White", "Other", "Choose Not to Respond"),
        ),
    ),
    "AncestryEthnicOriginDescriptor": (
        _ancestries("ai", "cherokee dakota ojibwe"),
        _ancestries("as", "burmese chinese filipino hmong indian karen korean vietnamese"),
        _ancestries("bl", "africanamerican ethiopianoromo ethiopianother liberian nigerian somali"),
        _ancestries("hl", "colombian ecuadorian guatemalan mexican puertorican salvadoran spanish"),
    ),
    "StudentCharacteristicDescriptor": (_listed("1-6 10"),),
    "OptOutIndicatorsDescriptor": (_listed("MNC"),),
    "LanguageDescriptor": (
        _listed("1-29 31-49 51-52 54-130 132-169 171-278 280-310 312-423 425-434 436-443 445-448"),
        _listed("170 279 311 444", _BEFORE),
        _listed("449-452", _SINCE),
    ),
    "LanguageUseDescriptor": (
        _named(
            *("Correspondence language", "Dominant language", "Home language", "Native language"),
            *("Other", "Other language proficiency", "Spoken language", "Written language"),
        ),
    ),
    "ProgramTypeDescriptor": (
        _named(
            *("21st Century Learning Center Grant", "Alternative Delivery Of SIS"),
            *("Coordinated Early Intervening Services", "Distance Learner", "EE-ECFE", "EE-SR"),
            *("English Learner", "Gifted and Talented", "Homeless", "Neglected or Delinquent"),
            *("PSEO Concurrent", "PSEO Program", "SAAP", "School Food Service"),
            *("Section 504 Plan", "Special Education", "Title I Part A"),
        ),
        _named("Early Childhood Screening", "MCCC-ECSE", "MCCC-EI", "MCCC-VPK", years=_BEFORE),
        _named("EE-ECS", "EE-ECSE", "EE-VPK", years=_SINCE),
    ),
    # MARSS-A is on the new list only, and a setting of the sync for every year.
    "CalendarTypeDescriptor": (_named("School/Grade Characteristics", "MARSS-A"),),
}

#: The descriptors with a list of codes here.
DESCRIPTORS = frozenset(_CODES)


@cache
def codes(descriptor: str, school_year: str) -> frozenset[str]:
    """The codes of a descriptor ("GradeLevelDescriptor") in a school year ("2025-2026").

    KeyError for a descriptor not in DESCRIPTORS; ValueError for a text that is no school year.
    """
    start = SchoolYear.parse(school_year).start
    spans = _CODES[descriptor]
    return frozenset().union(*(span.codes for span in spans if span.first <= start <= span.last))


def plain(text: pl.Expr) -> pl.Expr:
    """A code without leading zeros, since the state writes one code both as 8 and as 08."""
    return text.str.strip_chars().str.to_uppercase().str.replace(r"^0+(.)", "$1")
