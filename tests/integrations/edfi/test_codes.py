"""The state's codes by school year. The lists looked at are in facts section 3.4."""

import polars as pl
import pytest

from rollcall.integrations.edfi.codes import DESCRIPTORS, codes, plain

#: How many codes the state's two lists have.
COUNTS = {
    "EntryTypeDescriptor": (7, 7),
    "ExitWithdrawTypeDescriptor": (27, 27),
    "StateAidCategoryDescriptor": (38, 38),
    "SpecialEducationEvaluationStatusDescriptor": (7, 7),
    "TransportationCategoryDescriptor": (9, 9),
    "RaceDescriptor": (7, 7),
    "AncestryEthnicOriginDescriptor": (36, 36),
    "StudentCharacteristicDescriptor": (7, 7),
    "LanguageDescriptor": (442, 442),
    "LanguageUseDescriptor": (8, 8),
    "ProgramTypeDescriptor": (21, 20),
    "SexDescriptor": (3, 3),
    "MembershipAttendanceUnitDescriptor": (2, 2),
    "OptOutIndicatorsDescriptor": (1, 1),
    "CalendarTypeDescriptor": (2, 2),
    "GradeLevelDescriptor": (46, 24),  # the new list has 23: EC counts still
}


@pytest.mark.parametrize("descriptor", sorted(DESCRIPTORS))
def test_each_list_is_whole(descriptor: str) -> None:
    old, new = COUNTS[descriptor]
    assert len(codes(descriptor, "2021-2022")) == old
    assert len(codes(descriptor, "2025-2026")) == new


@pytest.mark.parametrize(
    ("descriptor", "code", "year", "known"),
    [
        ("GradeLevelDescriptor", "HK", "2022-2023", True),
        ("GradeLevelDescriptor", "HK", "2023-2024", False),
        ("GradeLevelDescriptor", "EC", "2025-2026", True),
        ("GradeLevelDescriptor", "PA", "2024-2025", True),
        ("GradeLevelDescriptor", "PA", "2025-2026", False),
        ("GradeLevelDescriptor", "KH", "2018-2019", True),
        ("GradeLevelDescriptor", "KH", "2021-2022", False),
        ("GradeLevelDescriptor", "01", "2025-2026", False),
        ("StateAidCategoryDescriptor", "00", "2018-2019", True),
        ("StateAidCategoryDescriptor", "0", "2018-2019", False),
        ("ExitWithdrawTypeDescriptor", "8", "2018-2019", True),
        ("ExitWithdrawTypeDescriptor", "08", "2018-2019", False),
        ("ProgramTypeDescriptor", "MCCC-ECSE", "2021-2022", True),
        ("ProgramTypeDescriptor", "MCCC-ECSE", "2025-2026", False),
        ("ProgramTypeDescriptor", "EE-ECSE", "2021-2022", False),
        ("ProgramTypeDescriptor", "EE-ECSE", "2025-2026", True),
        ("LanguageDescriptor", "11", "2025-2026", True),
        ("LanguageDescriptor", "30", "2025-2026", False),
    ],
)
def test_a_code_is_known_in_its_years(descriptor: str, code: str, year: str, known: bool) -> None:
    assert (code in codes(descriptor, year)) is known


def test_between_the_two_lists_old_and_new_codes_are_accepted() -> None:
    between = codes("LanguageDescriptor", "2023-2024")
    assert between == codes("LanguageDescriptor", "2021-2022") | codes(
        "LanguageDescriptor", "2025-2026"
    )


def test_a_descriptor_without_a_list_is_not_guessed() -> None:
    with pytest.raises(KeyError):
        codes("WeatherDescriptor", "2025-2026")
    with pytest.raises(ValueError, match="school year"):
        codes("SexDescriptor", "2026")


def test_codes_are_compared_without_leading_zeros() -> None:
    texts = pl.DataFrame({"code": ["08", "8", "00", "0", "10", "ka", " KA ", None]})
    assert texts.select(plain(pl.col("code")))["code"].to_list() == [
        *("8", "8", "0", "0", "10", "KA", "KA", None)
    ]
