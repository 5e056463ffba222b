"""The state's identity service: one code for each way not to be the student of a number."""

import pytest

from rollcall.sandbox.edfi.identity import Person, verdict

ALMA = Person("Berg", "Alma", "2015-03-04", "Female", "Eva")
REGISTRY = {"1": ALMA, "2": Person("Lind", "Bo", "2014-01-01", "Male")}


def asked(**change: str) -> Person:
    values = {"last": "berg", "first": "alma", "birth": "2015-03-04", "sex": "Female"} | change
    return Person(**values)


@pytest.mark.parametrize(
    ("number", "person", "code"),
    [
        ("1", asked(), 0),
        ("1", asked(middle="eva"), 0),
        ("1", asked(middle="ida"), 3006),
        ("9", asked(), 3000),
        ("2", asked(), 3000),
        ("9", asked(last="nobody", first="ever", birth="2001-01-01"), 3002),
        ("9", asked(first="anna"), 3003),
        ("9", asked(birth="2012-12-12"), 3004),
        ("9", asked(last="burg", birth="2015-09-09"), 3005),
        ("9", asked(last="burg", birth="2018-09-09"), 3002),
        ("2", asked(last="dahl"), 3006),
    ],
)
def test_the_code_says_how_the_student_differs(number: str, person: Person, code: int) -> None:
    assert verdict(number, person, REGISTRY) == code


def test_several_students_with_the_same_values() -> None:
    assert verdict("9", asked(), REGISTRY | {"3": ALMA}) == 3001
