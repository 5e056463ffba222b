"""The state's rules about enrollments: each with what it lets pass and what it does not.

An example is an enrollment, or several, of Mai Xiong (born 2014-05-06, grade 5, resident of the
district 10625000 that she goes to school in), by what differs from `edfi_frames.enrollment`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from tests.edfi_frames import SETTINGS, Row, enrollment, student, views

from rollcall.core.plans.context import Context
from rollcall.integrations.edfi.catalog import ENROLLMENT_CHECKS
from rollcall.integrations.edfi.checks import check
from rollcall.integrations.edfi.codes import codes

RULES = {one.rule: one for one in ENROLLMENT_CHECKS if one.rule}
FALL, SPRING = date(2025, 10, 1), date(2026, 3, 2)
ELSEWHERE, ABROAD, COLLEGE = "10535000", "989998000", "211234000"
JUNE_30, JULY_1 = date(2026, 6, 30), date(2026, 7, 1)
DAY_1, DAY_2 = date(2025, 9, 2), date(2025, 9, 3)


@dataclass(frozen=True)
class Example:
    """Enrollments by what differs, and what differs of the student."""

    enrollments: tuple[Row, ...]
    student: Row = field(default_factory=dict)
    school_type: str | None = None
    year: str = "2025-2026"


def one(**differs: Any) -> Example:
    return Example((differs,))


def two(first: Row, second: Row) -> Example:
    return Example((first, {"entry_date": date(2026, 1, 5), **second}))


def mai(student: Row, **differs: Any) -> Example:
    return Example((differs,), student)


def old(**differs: Any) -> Example:
    """In a year whose grades have EC, HK, PS, PA to PJ and RA to RJ."""
    return Example(({"entry_date": date(2021, 9, 7), **differs},), year="2021-2022")


#: By rule: what it lets pass, and what it does not.
EXAMPLES: Mapping[str, tuple[list[Example], list[Example]]] = {
    "10.10.6521": (
        [one(exit_date=None), one(exit_date=DAY_1)],
        [one(entry_date=DAY_2, exit_date=DAY_1)],
    ),
    "10.10.6212": ([one(entry_date=JUNE_30)], [one(entry_date=JULY_1)]),
    "10.10.6524": ([one(), one(exit_date=JUNE_30)], [one(exit_date=JULY_1)]),
    "20.10.6525": ([one(), one(exit_date=JUNE_30)], [one(exit_date=JULY_1)]),
    "10.10.6141": (
        [mai({"birth_date": DAY_1}, entry_date=DAY_2), mai({"birth_date": None})],
        [mai({"birth_date": DAY_1}, entry_date=DAY_1)],
    ),
    "10.10.6601": (
        [
            mai({"birth_date": date(2021, 9, 1)}, grade="KA"),
            mai({"birth_date": date(2022, 1, 1)}, grade="EC"),
            mai({"birth_date": date(2022, 1, 1)}, grade="EE"),
            mai({"birth_date": date(2022, 1, 1)}, grade="PA"),
            mai({"birth_date": date(2022, 1, 1)}, grade="RJ"),
            mai({"birth_date": date(2022, 1, 1)}, grade="PS"),
        ],
        [mai({"birth_date": date(2021, 9, 2)}, grade="KA")],
    ),
    "10.10.6571": (
        [
            one(exit_date=DAY_2, attendance="160", membership="162.5"),
            one(exit_date=DAY_2, attendance="9", membership="10"),  # 9 is less than 10, as numbers
            one(exit_date=None, attendance="163", membership="162.5"),
            one(exit_date=DAY_2, attendance="163", membership="162.5", aid_category="46"),
            one(exit_date=DAY_2, attendance="163", membership="162.5", grade="PS"),
        ],
        [
            one(exit_date=DAY_2, attendance="163", membership="162.5"),
            one(exit_date=DAY_2, attendance="163", membership="162.5", aid_category=None),
        ],
    ),
    "30.10.6362": (
        [
            one(membership="165"),
            one(membership="170", school_code="530"),
            one(membership="166", percent_enrolled="999"),
            one(membership="166", aid_category="98"),
            one(membership="166", aid_category="46"),
            one(membership="166", grade="HK"),
            Example(({"membership": "166"},), school_type="41"),
        ],
        [one(membership="165.5"), one(membership="171", school_code="530")],
    ),
    "30.10.6519": (
        [
            one(exit_date=DAY_2, exit_type="40"),
            one(exit_date=None, exit_type="00"),
            one(exit_date=DAY_2, exit_type="00", aid_category="46"),
            one(exit_date=DAY_2, exit_type="00", grade="PS"),
        ],
        [
            one(exit_date=DAY_2, exit_type="00"),
            one(exit_date=DAY_2, exit_type="0"),
            one(exit_date=DAY_2, exit_type=None),
        ],
    ),
    "30.10.6522": (
        [
            one(exit_type="8", grade="12"),
            one(exit_type="08", grade="11"),
            one(exit_type="40", grade="10"),
            one(exit_type="8", grade="10", aid_category="46"),
        ],
        [one(exit_type="8", grade="10"), one(exit_type="08", grade="10"), one(exit_type="9")],
    ),
    "30.10.6361": (
        [
            two({"exit_type": "4"}, {"exit_type": "40"}),
            two({"exit_type": "4"}, {"exit_type": "4"}),
            two({"exit_type": "40", "aid_category": "46"}, {"exit_type": "40"}),
            two({"exit_type": "40", "grade": "PS"}, {"exit_type": "40"}),
        ],
        [
            two({"exit_type": "40"}, {"exit_type": "40"}),
            two({"exit_type": "08"}, {"exit_type": "8"}),
            two({"exit_type": "40"}, {"exit_type": "40", "school_code": "800"}),
        ],
    ),
    "30.10.6284": (
        [
            two({"exit_type": "4"}, {"exit_type": "40"}),
            two({"exit_type": "40"}, {"exit_type": "40", "school_code": "800"}),
        ],
        [two({"exit_type": "40"}, {"exit_type": "40", "school_code": "530"})],
    ),
    "10.10.62381": (
        [old(exit_type="21", grade="EC"), old(exit_type="20", grade="5")],
        [old(exit_type=end, grade="PA") for end in ("21", "25", "27", "28", "29", "30")],
    ),
    "10.10.62382": (
        [old(exit_type="26", grade=grade) for grade in ("EC", "PA", "PJ", "RA", "RJ")],
        [old(exit_type="26", grade="KA")],
    ),
    "10.10.6239": (
        [old(exit_type="23", grade=grade) for grade in ("EC", "HK", "KA", "KK")],
        [old(exit_type="23", grade="1"), old(exit_type="23", grade="PA")],
    ),
    "10.10.6331": (
        [
            one(special_education_status="4", aid_category="00"),
            one(special_education_status="1", aid_category="20"),
        ],
        [one(special_education_status=status, aid_category="20") for status in "469"],
    ),
    "10.10.6227": (
        [
            old(special_education_status="4", grade="HK"),
            old(special_education_status="1", grade="KA"),
            one(special_education_status="4", grade="KA"),  # HK is no grade any longer
        ],
        [old(special_education_status="4", grade="KA")],
    ),
    "10.10.6229": (
        [
            *(one(grade="EC", special_education_status=status) for status in "234569"),
            one(grade="KA", special_education_status="1"),
        ],
        [
            one(grade="EC", special_education_status="1"),
            one(grade="EC", special_education_status=None),
        ],
    ),
    "10.10.6226": (
        [
            two({"special_education_status": "4"}, {"special_education_status": "7"}),
            one(special_education_status="7", grade="PS"),
        ],
        [one(special_education_status="7")],
    ),
    "10.10.6205": (
        [
            one(aid_category="00", resident_district="10625000"),
            one(aid_category="01", resident_district=ELSEWHERE),
            one(aid_category="00", resident_district=None),
        ],
        [one(aid_category=aid, resident_district=ELSEWHERE) for aid in ("00", "0", "22", "29")]
        + [one(aid_category="00", resident_district="70625000")],
    ),
    "10.10.6206": (
        [one(aid_category="01", resident_district=ELSEWHERE), one(aid_category="00")],
        [
            one(aid_category=aid)
            for aid in ("01", "1", "03", "04", "05", "06", "08", "10", "11", "12", "15", "17")
        ]
        + [one(aid_category=aid) for aid in ("18", "19", "20", "21")],
    ),
    "10.10.62071": (
        [
            one(aid_category="15", resident_district=ABROAD),
            one(aid_category="15", resident_district="9998"),
        ],
        [one(aid_category="15", resident_district=ELSEWHERE)],
    ),
    "10.10.62072": (
        [
            one(aid_category=aid, resident_district=ABROAD)
            for aid in ("15", "18", "41", "45", "46", "98")
        ],
        [one(aid_category=aid, resident_district=ABROAD) for aid in ("00", "01", None)],
    ),
    "10.10.6516": (
        [
            one(resident_district="10625000"),
            one(resident_district="30625000"),
            one(resident_district="380001000"),
            one(resident_district=ABROAD),
            one(resident_district=None),
        ],
        [one(resident_district=district) for district in (COLLEGE, "70625000", "625")],
    ),
    "30.10.6335": (
        [
            *(one(transportation="03", special_education_status=status) for status in "469"),
            one(transportation="01", special_education_status="1"),
            one(transportation="03", special_education_status="1", aid_category="46"),
            one(transportation="03", special_education_status="1", grade="PS"),
        ],
        [
            one(transportation="03", special_education_status="1"),
            one(transportation="3", special_education_status=None),
        ],
    ),
    "10.10.6337": (
        [
            one(transportation="03", special_education_status="4"),
            one(transportation="06", special_education_status="4", aid_category="27"),
        ],
        [
            one(transportation="03", special_education_status="4", aid_category=aid)
            for aid in ("27", "28", "77")
        ],
    ),
    "10.10.6518": (
        [
            one(transporting_district=None),
            *(
                one(transporting_district=f"{type}0625000")
                for type in ("1", "2", "3", "7", "8", "38", "70", "98", "01")
            ),
        ],
        [one(transporting_district="60625000"), one(transporting_district=COLLEGE)],
    ),
}


def found(example: Example, today: date) -> set[str]:
    """The codes that the pre-check finds."""
    start = int(example.year[:4])
    rows = [enrollment(school_year=example.year, **differs) for differs in example.enrollments]
    schools = tuple(
        {"code": code, "name": "A", "state_id": state_id, "type": example.school_type}
        for code, state_id in (("410", "10625410"), ("530", "10625530"), ("800", "616004030"))
    )
    records = views(students=[student(**example.student)], enrollments=rows, schools=schools)
    context = Context(example.year, today.replace(year=today.year - 2025 + start))
    return set(check(records, {}, SETTINGS, context).checks["code"])


def the_day(rule: str) -> date:
    """A day on which the rule counts."""
    return SPRING if rule.startswith("30") else FALL


def test_every_rule_has_its_examples() -> None:
    assert set(EXAMPLES) == set(RULES)


@pytest.mark.parametrize("rule", sorted(EXAMPLES))
def test_the_rule_lets_pass_what_is_right(rule: str) -> None:
    for example in EXAMPLES[rule][0]:
        assert RULES[rule].code not in found(example, the_day(rule)), example


@pytest.mark.parametrize("rule", sorted(EXAMPLES))
def test_the_rule_finds_what_is_wrong(rule: str) -> None:
    for example in EXAMPLES[rule][1]:
        assert RULES[rule].code in found(example, the_day(rule)), example


@pytest.mark.parametrize("rule", sorted(rule for rule in EXAMPLES if not rule.startswith("10")))
def test_a_rule_of_one_collection_does_not_count_in_the_other(rule: str) -> None:
    other = FALL if rule.startswith("30") else SPRING
    for example in EXAMPLES[rule][1]:
        assert RULES[rule].code not in found(example, other), example


def test_a_usual_enrollment_breaks_no_rule() -> None:
    assert found(one(), FALL) == set()
    assert found(one(), SPRING) == set()


def test_hk_is_a_grade_in_the_year_its_rule_is_tried_in() -> None:
    assert "HK" in codes("GradeLevelDescriptor", "2021-2022")
