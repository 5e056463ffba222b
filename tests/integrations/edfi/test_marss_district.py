"""The state's rules over a whole district: students with one MARSS number, schools with nobody."""

from collections.abc import Mapping
from datetime import date

import pytest
from tests.edfi_frames import CONTEXT, SETTINGS, YEAR, Row, demographic, enrollment, student, views

from rollcall.integrations.edfi.catalog import DISTRICT_CHECKS
from rollcall.integrations.edfi.checks import check_district

RULES = {one.rule: one for one in DISTRICT_CHECKS}
SHARED = "0625000001001"
_TOLD = {"hispanic", "races", "ancestry", "home_language"}

#: By rule: what two students with one number must not differ in, and how they do.
DIFFERENCES: Mapping[str, Row] = {
    "10.10.6179": {"birth_date": date(2014, 5, 7)},
    "10.10.6180": {"gender": "M"},
    "10.10.6297": {"home_language": "11"},
    "10.10.6298": {"races": "Asian; White"},
    "10.10.6419": {"hispanic": "Y"},
    "10.10.6420": {"races": "Asian; American Indian - Alaska Native"},
    "10.10.6421": {"races": "White"},
    "10.10.6422": {"races": "Black - African American"},
    "10.10.6423": {"races": "Asian; Native Hawaiian - Pacific Islander"},
    "10.10.6424": {"races": "Asian; White"},
}


def found(differs: Row, grade: str = "5", state_id: str = SHARED) -> dict[str, list[str | None]]:
    """By code, whom it is found of: two students, the second of whom differs."""
    about = {name: value for name, value in differs.items() if name not in _TOLD}
    records = views(
        students=[student("1", state_id=SHARED), student("2", state_id=state_id, **about)],
        enrollments=[enrollment("1"), enrollment("2", school_code="530", grade=grade)],
        demographics=[
            demographic("1"),
            demographic("2", **{name: differs[name] for name in _TOLD & set(differs)}),
        ],
    )
    checks = check_district(records, SETTINGS, CONTEXT)
    return {str(code[0]): rows["local_id"].to_list() for code, rows in checks.group_by("code")}


def test_every_rule_has_its_example() -> None:
    assert set(RULES) == {*DIFFERENCES, "10.10.6530"}


@pytest.mark.parametrize("rule", sorted(DIFFERENCES))
def test_students_with_one_number_must_be_alike(rule: str) -> None:
    code = RULES[rule].code
    assert found({}) == {}
    assert found(DIFFERENCES[rule])[code] == ["1", "2"]
    assert found(DIFFERENCES[rule], state_id="0625000000002") == {}


@pytest.mark.parametrize("rule", sorted(DIFFERENCES))
def test_who_is_only_screened_may_differ_in_race_and_language(rule: str) -> None:
    of_person = rule in ("10.10.6179", "10.10.6180")
    assert (RULES[rule].code in found(DIFFERENCES[rule], grade="PS")) is of_person


def test_no_value_is_another_value() -> None:
    assert RULES["10.10.6297"].code in found({"home_language": None})


def test_students_without_a_number_are_not_compared() -> None:
    records = views(
        students=[
            student("1", state_id=None),
            student("2", state_id=None, birth_date=date(2000, 1, 1)),
        ],
        enrollments=[enrollment("1"), enrollment("2", school_code="530")],
    )
    assert check_district(records, SETTINGS, CONTEXT).is_empty()


def test_a_school_with_a_calendar_and_nobody_is_told() -> None:
    (row,) = check_district(views(), SETTINGS, CONTEXT).rows()
    assert row == (None, "calendars", None, "edfi.marss_149_6530", "school 530")
    both = views(enrollments=[enrollment(), enrollment(school_code="530")])
    assert check_district(both, SETTINGS, CONTEXT).is_empty()
    only_the_districts = ({"school_year": YEAR, "instructional_days": 165},)
    assert check_district(views(calendar=only_the_districts), SETTINGS, CONTEXT).is_empty()


def test_another_state_has_no_such_rules() -> None:
    other = SETTINGS.model_copy(update={"extension": False})
    assert check_district(views(), other, CONTEXT).is_empty()
