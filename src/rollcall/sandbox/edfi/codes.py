"""The descriptor codes that the stand-in state knows: those that the resources here make use of.

Minnesota's codes (facts 3.4), both the grades of today and those of earlier years, so that one
stand-in serves every school year. Codes only; the labels are the codes again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

STATE = "uri://education.mn.gov"
EDFI = "uri://ed-fi.org"


@dataclass(frozen=True)
class Descriptor:
    """A code list: `name` as in "GradeLevelDescriptor"; `schema` is where the API serves it."""

    name: str
    codes: tuple[str, ...]
    schema: str = "ed-fi"
    authority: str = STATE

    @property
    def namespace(self) -> str:
        """What stands before the # of a value."""
        return f"{self.authority}/{self.name}"

    @property
    def resource(self) -> str:
        """The name of its resource, as in "gradeLevelDescriptors"."""
        return self.name[0].lower() + self.name[1:] + "s"

    def values(self) -> Iterator[str]:
        """Each code as documents write it."""
        return (f"{self.namespace}#{code}" for code in self.codes)


def _up_to(last: str, first: str = "A", before: str = "") -> str:
    return " ".join(before + chr(code) for code in range(ord(first), ord(last) + 1))


_GRADES = " ".join(
    ["1 2 3 4 5 6 7 8 9 10 11 12 EE EC HK PS", _up_to("Z", before="K")]
    + [_up_to("J", before=start) for start in "PR"]
)
_ANCESTRIES = {
    "ai": "cherokee dakota ojibwe",
    "as": "burmese chinese filipino hmong indian karen korean vietnamese",
    "bl": "africanamerican ethiopianoromo ethiopianother liberian nigerian somali",
    "hl": "colombian ecuadorian guatemalan mexican puertorican salvadoran spanish",
}
_ANCESTRY_CODES = tuple(
    f"{group}-{ancestry}"
    for group, ancestries in _ANCESTRIES.items()
    for ancestry in f"{ancestries} other unknown notindicated".split()
)

_RACES = (
    "American Indian - Alaska Native",
    "Asian",
    "Black - African American",
    "Choose Not to Respond",
    "Native Hawaiian - Pacific Islander",
    "Other",
    "White",
)
PROGRAM_TYPES = (
    "21st Century Learning Center Grant",
    "Alternative Delivery Of SIS",
    "Coordinated Early Intervening Services",
    "Distance Learner",
    "EE-ECFE",
    "EE-ECS",
    "EE-ECSE",
    "EE-SR",
    "EE-VPK",
    "English Learner",
    "Gifted and Talented",
    "Homeless",
    "Neglected or Delinquent",
    "PSEO Concurrent",
    "PSEO Program",
    "SAAP",
    "School Food Service",
    "Section 504 Plan",
    "Special Education",
    "Title I Part A",
)
#: The languages in use in the demo and the tests, beside every number up to 899: the state's own
#: list has several hundred numbers and nothing here depends on which of them are taken.
_LANGUAGES = tuple(str(number) for number in range(1, 900)) + tuple(
    f"{number:03}" for number in range(100)
)


def _split(codes: str) -> tuple[str, ...]:
    return tuple(codes.split())


DESCRIPTORS = (
    Descriptor("AncestryEthnicOriginDescriptor", _ANCESTRY_CODES),
    Descriptor("CalendarTypeDescriptor", ("MARSS-A", "School/Grade Characteristics")),
    Descriptor("EntryTypeDescriptor", _split("0 1 2 24 3 4 5")),
    Descriptor(
        "ExitWithdrawTypeDescriptor",
        _split("0 3 4 5 6 7 8 11 12 13 14 15 16 18 20 21 23 24 25 26 27 28 29 30 34 36 40 99"),
    ),
    Descriptor("GradeLevelDescriptor", _split(_GRADES)),
    Descriptor("LanguageDescriptor", _LANGUAGES),
    Descriptor(
        "LanguageUseDescriptor",
        ("Home language", "Dominant language", "Native language", "Spoken language"),
        authority=EDFI,
    ),
    Descriptor("ProgramTypeDescriptor", PROGRAM_TYPES),
    Descriptor("RaceDescriptor", _RACES),
    Descriptor(
        "ReasonExitedDescriptor", _split("PE-01 PE-02 T-01 T-02 W-01 W-02 W-03 W-04 W-05 W-06")
    ),
    Descriptor("SexDescriptor", ("Female", "Male", "Not Selected")),
    Descriptor("StudentCharacteristicDescriptor", _split("1 2 3 4 5 6 10")),
    Descriptor("StudentIdentificationSystemDescriptor", ("Local", "State")),
    Descriptor("MembershipAttendanceUnitDescriptor", ("Days", "Hours"), schema="mn"),
    Descriptor("OptOutIndicatorsDescriptor", ("MNC",), schema="mn"),
    Descriptor(
        "SpecialEducationEvaluationStatusDescriptor", _split("1 2 3 4 5 6 7 9"), schema="mn"
    ),
    Descriptor(
        "StateAidCategoryDescriptor",
        _split(
            "00 01 02 03 04 05 06 08 10 11 14 15 16 17 18 19 20 21 22 26 27 28 29 34 35 46 "
            "51 52 53 54 55 56 57 58 59 60 77 98"
        ),
        schema="mn",
    ),
    Descriptor(
        "TransportationCategoryDescriptor", _split("00 01 02 03 04 05 06 07 08"), schema="mn"
    ),
)

#: Each value that a document can have, and the list it is of.
KNOWN = {value: descriptor.name for descriptor in DESCRIPTORS for value in descriptor.values()}
