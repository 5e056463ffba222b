"""The state's identity service: is this the student the number belongs to? (facts 3.5)"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from rollcall.sandbox.edfi.answers import IDENTITY, Refused

TEXTS = {
    3000: "The number given is not the number of the student who has these values.",
    3001: "Several students have these values.",
    3002: "No student has these values, and none is like it.",
    3003: "A student has the same last name, first initial, birth date and sex.",
    3004: "A student has the same first and last name.",
    3005: "A student has names that sound the same, the same sex and nearly the same birth date.",
    3006: "The number given is in use by another student.",
}


@dataclass(frozen=True)
class Person:
    """A student as the state knows them. `sex` is the code of SexDescriptor."""

    last: str
    first: str
    birth: str
    sex: str = ""
    middle: str = ""

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Person":
        """The person a student document describes."""
        return cls(
            _fold(body["lastSurname"]),
            _fold(body["firstName"]),
            body["birthDate"],
            body.get("birthSexDescriptor", "").rpartition("#")[2],
            _fold(body.get("middleName", "")),
        )

    @property
    def folded(self) -> "Person":
        """With names as they are compared."""
        return Person(_fold(self.last), _fold(self.first), self.birth, self.sex, _fold(self.middle))


def check(number: str, submitted: Person, registry: Mapping[str, Person]) -> None:
    """Refuse with a code from 3000 to 3006 unless the registry has just this student."""
    code = verdict(number, submitted, registry)
    if code:
        raise Refused(IDENTITY, f"{code} {TEXTS[code]}")


def verdict(number: str, submitted: Person, registry: Mapping[str, Person]) -> int:
    """0 for a match, else the code."""
    registered = registry.get(number)
    if registered is not None and _same(registered.folded, submitted):
        return 0
    students = [student.folded for key, student in registry.items() if key != number]
    same_persons = sum(_same(student, submitted) for student in students)
    if same_persons:
        return 3000 if same_persons == 1 else 3001
    if registered is not None:
        return 3006
    codes = [
        code
        for student in students
        for code, is_like in _LIKE.items()
        if is_like(student, submitted)
    ]
    return min(codes, default=3002)


def _same(registered: Person, submitted: Person) -> bool:
    middles = {registered.middle, submitted.middle} - {""}
    return (
        _names(registered) == _names(submitted)
        and registered.birth == submitted.birth
        and len(middles) < 2
        and registered.sex in ("", submitted.sex)
    )


def _initial(person: Person) -> tuple[str, ...]:
    return person.last, person.first[:1], person.birth, person.sex


def _names(person: Person) -> tuple[str, str]:
    return person.last, person.first


def _sound_alike(registered: Person, submitted: Person) -> bool:
    days_apart = abs(date.fromisoformat(registered.birth) - date.fromisoformat(submitted.birth))
    return (
        registered.sex == submitted.sex
        and days_apart <= timedelta(days=366)
        and _soundex(registered.last) == _soundex(submitted.last)
        and _soundex(registered.first) == _soundex(submitted.first)
    )


#: How a student of the registry can be like the one submitted, by code.
_LIKE: Mapping[int, Callable[[Person, Person], bool]] = {
    3003: lambda student, submitted: _initial(student) == _initial(submitted),
    3004: lambda student, submitted: _names(student) == _names(submitted),
    3005: _sound_alike,
}

_SOUNDS = {
    letter: digit
    for digit, letters in enumerate(("bfpv", "cgjkqsxz", "dt", "l", "mn", "r"), start=1)
    for letter in letters
}


def _soundex(name: str) -> str:
    """The American Soundex of a name: its first letter and three digits."""
    letters = [letter for letter in name if letter.isalpha()]
    digits: list[str] = []
    before = 0
    for letter in letters:
        digit = _SOUNDS.get(letter, 0)
        if digit and digit != before:
            digits.append(str(digit))
        if letter not in "hw":
            before = digit
    first = letters[0] if letters else ""
    further_digits = digits[1:] if _SOUNDS.get(first) else digits
    return first + "".join(further_digits)[:3].ljust(3, "0")


def _fold(name: str) -> str:
    return name.strip().casefold()
