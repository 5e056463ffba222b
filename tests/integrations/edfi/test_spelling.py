"""Documents carry codes as the state's lists spell them."""

import pytest
from tests.edfi_frames import CONTEXT, SETTINGS, Row, demographic, enrollment, student, views

from rollcall.integrations.edfi.rules import documents

SCHOOL, DEMOGRAPHICS = "studentSchoolAssociations", "studentEducationOrganizationAssociations"


@pytest.mark.parametrize(
    ("record", "written", "resource", "column", "sent"),
    [
        ("grade", "05", SCHOOL, "entry_grade_level", "5"),
        ("grade", "ka", SCHOOL, "entry_grade_level", "KA"),
        ("grade", "10", SCHOOL, "entry_grade_level", "10"),
        ("exit_type", "08", SCHOOL, "exit_withdraw_type", "8"),
        ("exit_type", "00", SCHOOL, "exit_withdraw_type", "0"),
        ("aid_category", "0", SCHOOL, "state_aid_category", "00"),
        ("aid_category", "8", SCHOOL, "state_aid_category", "08"),
        ("transportation", "3", SCHOOL, "transportation_category", "03"),
        ("home_language", "011", DEMOGRAPHICS, "home_language", "11"),
    ],
)
def test_a_code_is_sent_as_its_list_has_it(
    record: str, written: str, resource: str, column: str, sent: str
) -> None:
    differs: Row = {record: written}
    of_language = record == "home_language"
    records = views(
        students=[student()],
        enrollments=[enrollment(**({} if of_language else differs))],
        demographics=[demographic(**(differs if of_language else {}))],
    )
    made = documents(records, SETTINGS, CONTEXT)
    assert made.frames[resource][column].to_list() == [sent]
    assert "edfi.not_a_code" not in made.checks["code"].to_list()


def test_what_is_on_no_list_stays_as_it_is_and_is_told() -> None:
    made = documents(views(enrollments=[enrollment(grade="KN")]), SETTINGS, CONTEXT)
    assert "edfi.not_a_code" in made.checks["code"].to_list()


def test_another_states_codes_are_left_alone() -> None:
    other = SETTINGS.model_copy(update={"extension": False})
    made = documents(views(enrollments=[enrollment(grade="05")]), other, CONTEXT)
    assert made.frames[SCHOOL]["entry_grade_level"].to_list() == ["05"]


def test_two_spellings_of_a_grade_make_one_calendar() -> None:
    records = views(
        students=[student("1"), student("2")],
        enrollments=[enrollment("1", grade="5"), enrollment("2", grade="05")],
    )
    assert documents(records, SETTINGS, CONTEXT).frames["calendars"].height == 1
