"""The state's rules about students: names, race, ancestry, each with right and wrong examples."""

from collections.abc import Mapping

import pytest
from tests.edfi_frames import CONTEXT, SETTINGS, Row, demographic, student, views

from rollcall.integrations.edfi.catalog import STUDENT_CHECKS
from rollcall.integrations.edfi.checks import check

RULES = {one.rule: one for one in STUDENT_CHECKS if one.rule}
INDIAN, BLACK = "American Indian - Alaska Native", "Black - African American"


def named(*names: str | None, column: str) -> list[Row]:
    return [{column: name} for name in names]


def last(*names: str | None) -> list[Row]:
    return named(*names, column="last_name")


def first(*names: str | None) -> list[Row]:
    return named(*names, column="first_name")


def middle(*names: str | None) -> list[Row]:
    return named(*names, column="middle_name")


def suffix(*names: str | None) -> list[Row]:
    return named(*names, column="generation_suffix")


def told_of(races: str | None, ancestry: str | None, hispanic: str | None = "N") -> Row:
    return {"races": races, "ancestry": ancestry, "hispanic": hispanic}


_GOOD = ("Xiong", "O'Brien", "Smith-Jones", "van der Berg", "Nuñez")
#: By rule: what it lets pass, and what it does not.
EXAMPLES: Mapping[str, tuple[list[Row], list[Row]]] = {
    "10.10.6399": (last(*_GOOD), last("St. John", "Lee2", "Lee_", "Lee, Jr")),
    "10.10.6403": (first(*_GOOD), first("Mai.", "M4i", "Mai (May)")),
    "10.10.6404": (middle(None, *_GOOD), middle("X.", "3")),
    "10.10.6405": (suffix(None, "Jr", "III", "3", "2nd"), suffix("Jr.", "3rd!")),
    "10.10.6599": (last(*_GOOD), last("'t Hooft", "-Lee", "2Lee")),
    "10.10.6418": (first(*_GOOD), first("'Aisha", " Mai")),
    "10.10.6323": (middle(None, *_GOOD), middle("-", "1")),
    "10.10.6430": (last("van der Berg"), last("van  der Berg")),
    "10.10.6431": (first("Mai See"), first("Mai   See")),
    "10.10.6432": (middle(None, "Mai See"), middle("Mai  See")),
    "10.10.6600": (last("Yu"), last("Y")),
    "10.10.6402": (
        [told_of("White", None), told_of(f"{BLACK}; Asian", None), told_of(None, None, "Y")],
        [told_of(None, None), told_of("Other", None), told_of("Choose Not to Respond", None)],
    ),
    "10.10.6269": (
        [told_of("White", "hl-mexican", "Y"), told_of(None, None, "N")],
        [told_of(None, "hl-mexican", "Y"), told_of("Other", "hl-mexican", "Y")],
    ),
    "10.4.4": (
        [told_of("White", None, "Y"), told_of("White", None, "N")],
        [told_of("White", None, None)],
    ),
    "10.1.2": ([told_of(INDIAN, "ai-ojibwe"), told_of("White", None)], [told_of(INDIAN, None)]),
    "10.2.1": (
        [told_of("Asian", "as-hmong"), told_of("Asian", "as-notindicated")],
        [told_of("Asian", None), told_of("White; Asian", "ai-other")],
    ),
    "10.3.1": ([told_of(BLACK, "bl-somali")], [told_of(BLACK, None)]),
    "10.4.1": (
        [told_of("White", "hl-spanish", "Y"), told_of("White", None)],
        [told_of("White", None, "Y")],
    ),
    "10.1.3": ([told_of(INDIAN, "ai-dakota")], [told_of("White", "ai-dakota")]),
    "10.2.2": (
        [told_of("White; Asian", "as-karen")],
        [told_of("White", "as-karen"), told_of(None, "as-karen")],
    ),
    "10.3.2": ([told_of(BLACK, "bl-liberian")], [told_of("Asian", "as-hmong; bl-liberian")]),
    "10.4.2": (
        [told_of("White", "hl-mexican", "Y")],
        [told_of("White", "hl-mexican", "N"), told_of("White", "hl-mexican", None)],
    ),
    "10.1.4": (
        [told_of(INDIAN, "ai-notindicated")],
        [told_of(INDIAN, "ai-notindicated; ai-dakota")],
    ),
    "10.2.3": (
        [told_of(f"Asian; {INDIAN}", "as-hmong; ai-notindicated")],
        [told_of("Asian", "as-hmong; as-notindicated")],
    ),
    "10.3.3": (
        [told_of(BLACK, "bl-notindicated")],
        [told_of(BLACK, "bl-notindicated; bl-other")],
    ),
    "10.4.3": (
        [told_of("White", "hl-notindicated", "Y")],
        [told_of("White", "hl-notindicated; hl-other", "Y")],
    ),
}
_DEMOGRAPHIC = {"races", "ancestry", "hispanic"}


def found(example: Row) -> set[str]:
    """The codes that the pre-check finds of Mai Xiong, with these differences."""
    about = {name: value for name, value in example.items() if name not in _DEMOGRAPHIC}
    demographics = {name: value for name, value in example.items() if name in _DEMOGRAPHIC}
    records = views(students=[student(**about)], demographics=[demographic(**demographics)])
    return set(check(records, {}, SETTINGS, CONTEXT).checks["code"])


def test_every_rule_has_its_examples() -> None:
    assert set(EXAMPLES) == set(RULES)


@pytest.mark.parametrize("rule", sorted(EXAMPLES))
def test_the_rule_lets_pass_what_is_right(rule: str) -> None:
    for example in EXAMPLES[rule][0]:
        assert RULES[rule].code not in found(example), example


@pytest.mark.parametrize("rule", sorted(EXAMPLES))
def test_the_rule_finds_what_is_wrong(rule: str) -> None:
    for example in EXAMPLES[rule][1]:
        assert RULES[rule].code in found(example), example


def test_a_student_without_demographics_lacks_race_and_ethnicity() -> None:
    records = views(demographics=[])
    codes = set(check(records, {}, SETTINGS, CONTEXT).checks["code"])
    assert codes == {RULES["10.10.6402"].code, RULES["10.4.4"].code}
