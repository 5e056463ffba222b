"""The state's identity service: is this the student the number belongs to? (facts 3.5)"""

from collections.abc import Callable, Iterable, Mapping
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


def check(number: str, asked: Person, registry: Mapping[str, Person]) -> None:
    """Refuse with a code from 3000 to 3006 unless the registry has just this student."""
    code = verdict(number, asked, registry)
    if code:
        raise Refused(IDENTITY, f"{code} {TEXTS[code]}")


def verdict(number: str, asked: Person, registry: Mapping[str, Person]) -> int:
    """0 for a match, else the code."""
    held = registry.get(number)
    if held is not None and _same(held.folded, asked):
        return 0
    others = [one.folded for other, one in registry.items() if other != number]
    same = sum(_same(one, asked) for one in others)
    if same:
        return 3000 if same == 1 else 3001
    return 3006 if held is not None else _suspects(asked, others)


def _suspects(asked: Person, others: Iterable[Person]) -> int:
    codes = [code for one in others for code, like in _LIKE if like(one, asked)]
    return min(codes, default=3002)


def _same(one: Person, asked: Person) -> bool:
    names = (one.last, one.first, one.birth) == (asked.last, asked.first, asked.birth)
    middles = not one.middle or not asked.middle or one.middle == asked.middle
    return names and middles and one.sex in ("", asked.sex)


def _initial(one: Person, asked: Person) -> bool:
    left = (one.last, one.first[:1], one.birth, one.sex)
    return left == (asked.last, asked.first[:1], asked.birth, asked.sex)


def _names(one: Person, asked: Person) -> bool:
    return (one.last, one.first) == (asked.last, asked.first)


def _sounds(one: Person, asked: Person) -> bool:
    apart = abs(date.fromisoformat(one.birth) - date.fromisoformat(asked.birth))
    return (
        one.sex == asked.sex
        and apart <= timedelta(days=366)
        and _soundex(one.last) == _soundex(asked.last)
        and _soundex(one.first) == _soundex(asked.first)
    )


_LIKE: tuple[tuple[int, Callable[[Person, Person], bool]], ...] = (
    (3003, _initial),
    (3004, _names),
    (3005, _sounds),
)

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
    rest = digits[1:] if _SOUNDS.get(first) else digits
    return first + "".join(rest)[:3].ljust(3, "0")


def _fold(name: str) -> str:
    return name.strip().casefold()
