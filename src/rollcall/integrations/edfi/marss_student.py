"""The state's rules about students: names, race and ancestry (facts section 3.7), over
`check_frames.students`. Texts are ours.
"""

from dataclasses import dataclass

import polars as pl

from rollcall.core.findings import Severity
from rollcall.integrations.edfi.check_declarations import DEMOGRAPHICS, STUDENT, Check, marss

_E, _W = Severity.ERROR, Severity.WARNING
_HISPANIC = (pl.col("hispanic") == "Y").fill_null(False)
_RACES = (
    *("American Indian - Alaska Native", "Asian", "Black - African American"),
    *("Native Hawaiian - Pacific Islander", "White"),
)


def _letters(rule: str, column: str, field: str, name: str, more: str = "") -> Check:
    return marss(
        *(rule, _E, 297, field),
        resource=STUDENT,
        require=pl.col(column).str.contains(rf"^[\p{{L}}{more}' -]*$"),
        text=f"The {name} has a character that the state does not accept",
        fix="Use letters, blanks, dashes and apostrophes only"
        + (", and digits." if more else "; write St for St."),
    )


def _begins(rule: str, column: str, field: str, name: str) -> Check:
    return marss(
        *(rule, _E, 201, field),
        resource=STUDENT,
        require=pl.col(column).str.contains(r"^\p{L}"),
        text=f"The {name} does not begin with a letter",
        fix="Remove everything before the first letter.",
    )


def _single_blanks(rule: str, column: str, field: str, name: str) -> Check:
    return marss(
        *(rule, _E, 310, field),
        resource=STUDENT,
        require=~pl.col(column).str.contains("  ", literal=True),
        text=f"The {name} has two blanks in a row",
        fix="Leave one blank between the parts of the name.",
    )


_LAST = ("last_name", "last_surname", "last name")
_FIRST = ("first_name", "first_name", "first name")
_MIDDLE = ("middle_name", "middle_name", "middle name")
_SUFFIX = ("generation_suffix", "generation_code_suffix", "suffix of the name")

_NAMES = (
    _letters("10.10.6399", *_LAST),
    _letters("10.10.6403", *_FIRST),
    _letters("10.10.6404", *_MIDDLE),
    _letters("10.10.6405", *_SUFFIX, more="0-9"),
    _begins("10.10.6599", *_LAST),
    _begins("10.10.6418", *_FIRST),
    _begins("10.10.6323", *_MIDDLE),
    _single_blanks("10.10.6430", *_LAST),
    _single_blanks("10.10.6431", *_FIRST),
    _single_blanks("10.10.6432", *_MIDDLE),
    marss(
        *("10.10.6600", _W, 202, "last_surname"),
        resource=STUDENT,
        require=pl.col("last_name").str.len_chars() > 1,
        text="The last name is one letter only",
        fix="Check that the last name is complete.",
    ),
)


def _some_race() -> pl.Expr:
    """Whether the student has one of the five federal races; "Other" is none of them."""
    return pl.col("races").list.set_intersection(list(_RACES)).list.len() > 0


_RACE = (
    marss(
        *("10.10.6402", _E, 302, "races"),
        resource=DEMOGRAPHICS,
        require=_HISPANIC | _some_race(),
        text="The student has no race and is not Hispanic or Latino",
        fix="Enter at least one race, or that the student is Hispanic or Latino.",
    ),
    marss(
        *("10.10.6269", _E, 312, "races"),
        resource=DEMOGRAPHICS,
        when=_HISPANIC,
        require=_some_race(),
        text="The student is Hispanic or Latino, but has no race",
        fix="Enter at least one race.",
    ),
    marss(
        *("10.4.4", _E, 425, "hispanic_latino_ethnicity"),
        resource=DEMOGRAPHICS,
        require=pl.col("hispanic").is_in(["Y", "N"]).fill_null(False),
        text="The record does not say whether the student is Hispanic or Latino",
        fix="Enter yes or no.",
    ),
)


@dataclass(frozen=True)
class _Group:
    """An ancestry group: the beginning of its codes, whom it is for, and in which words; the rules
    for an ancestry, for the race, and for "not indicated" alone, with its number.
    """

    codes: str
    member: pl.Expr
    name: str
    rules: tuple[str, str, str]
    alone: int = 425

    @property
    def ancestries(self) -> pl.Expr:
        """How many ancestries of the group the student has."""
        return self._count(pl.element().str.starts_with(f"{self.codes}-"))

    @property
    def not_indicated(self) -> pl.Expr:
        """Whether the group's ancestry is said not to be indicated."""
        return self._count(pl.element() == f"{self.codes}-notindicated") > 0

    @staticmethod
    def _count(condition: pl.Expr) -> pl.Expr:
        return pl.col("ancestry").list.eval(condition).list.sum().fill_null(0)

    def checks(self) -> tuple[Check, Check, Check]:
        """The group's three rules."""
        missing_rule, stray, alone = self.rules
        return (
            marss(
                *(missing_rule, _W, 424, "ancestry_ethnic_origins"),
                resource=DEMOGRAPHICS,
                when=self.member,
                require=self.ancestries > 0,
                text=f"The student is {self.name}, but has no ancestry of that group",
                fix=f"Enter the ancestry, or {self.codes}-notindicated.",
            ),
            marss(
                *(stray, _E, 425, "ancestry_ethnic_origins"),
                resource=DEMOGRAPHICS,
                when=~self.member,
                require=self.ancestries == 0,
                text=f"An ancestry of a student who is {self.name} is named, and the student is "
                "not said to be",
                fix="Remove the ancestry, or correct race and ethnicity.",
            ),
            marss(
                *(alone, _E, self.alone, "ancestry_ethnic_origins"),
                resource=DEMOGRAPHICS,
                when=self.not_indicated,
                require=self.ancestries == 1,
                text=f"{self.codes}-notindicated is together with another ancestry of its group",
                fix="Keep the ancestry, or that none is indicated.",
            ),
        )


def _race(name: str) -> pl.Expr:
    return pl.col("races").list.contains(name).fill_null(False)


_GROUPS = (
    _Group("ai", _race(_RACES[0]), "American Indian", ("10.1.2", "10.1.3", "10.1.4")),
    _Group("as", _race(_RACES[1]), "Asian", ("10.2.1", "10.2.2", "10.2.3")),
    _Group("bl", _race(_RACES[2]), "Black", ("10.3.1", "10.3.2", "10.3.3"), alone=424),
    _Group("hl", _HISPANIC, "Hispanic or Latino", ("10.4.1", "10.4.2", "10.4.3")),
)
_ANCESTRY = tuple(check for group in _GROUPS for check in group.checks())

STUDENT_RULES = (*_NAMES, *_RACE, *_ANCESTRY)
