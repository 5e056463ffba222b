"""What the pre-check looks for, as declared values: a rule is data, and reads like its sentence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import polars as pl

from rollcall.core.findings import Codes, Severity

RECORDS_OFFICE = "the office that keeps student records"

#: The resources whose documents a check is about.
STUDENT = "students"
ENROLLMENT = "studentSchoolAssociations"
DEMOGRAPHICS = "studentEducationOrganizationAssociations"
CALENDAR = "calendars"


class Collection(StrEnum):
    """The state's two collections of a year; a rule of one does not count in the other."""

    FALL = "fall"
    END_OF_YEAR = "end_of_year"


#: What a case that fails is known by: whom it is about, which enrollment, and that in words.
KNOWN_BY = ("local_id", "school_id", "entry_date", "detail")

#: The first part of a rule's id says in which collection it counts (facts section 3.7).
_COLLECTIONS: Mapping[str, Collection | None] = {
    "10": None,
    "20": Collection.FALL,
    "30": Collection.END_OF_YEAR,
}


@dataclass(frozen=True, eq=False)
class Check:
    """One thing that can be wrong with a document of `resource`, in its column `field`. Declared
    once: equal is only what is the same.

    `fails`: true for the cases (frames of `cases`) it is wrong with. `stops`: the API would refuse
    the document at once, so it is not sent. `rule`: the id of the state's rule, "" where the check
    is no such rule. `collection`: the only one it counts in (None: both).
    """

    code: str
    resource: str
    field: str | None
    fails: pl.Expr
    stops: bool = False
    rule: str = ""
    collection: Collection | None = None

    @property
    def is_error(self) -> bool:
        """Whether the state counts it as an error rather than a warning."""
        return Codes.get(self.code).severity is Severity.ERROR


def refusal(
    name: str, resource: str, field: str | None, *, fails: pl.Expr, text: str, fix: str
) -> Check:
    """Something the API refuses at once (level 1), found by code `edfi.<name>`."""
    code = Codes.add(f"edfi.{name}", Severity.ERROR, text, fix, RECORDS_OFFICE)
    return Check(code, resource, field, fails, stops=True)


def marss(  # noqa: PLR0913 - a declaration, read as a table
    rule: str,
    severity: Severity,
    number: int,
    resource: str,
    field: str | None,
    *,
    when: pl.Expr | None = None,
    require: pl.Expr,
    text: str,
    fix: str,
    stops: bool = False,
) -> Check:
    """A rule of the state (level 2): where `when` holds, `require` must hold.

    What has no value breaks no rule, unless the rule asks for the value: `require` without an
    answer is no failure. The code is made of the state's error number and the rule's own, which
    several rules with one error number differ by: rule 10.10.6521 with number 55 is marss_55_6521.
    """
    prefix, *own = rule.split(".")
    ending = own[-1] if len(own[-1]) > 1 else "_".join(own)
    fails = ~require.fill_null(True)
    return Check(
        code=Codes.add(f"edfi.marss_{number}_{ending}", severity, text, fix, RECORDS_OFFICE),
        resource=resource,
        field=field,
        fails=fails if when is None else when.fill_null(False) & fails,
        stops=stops,
        rule=rule,
        collection=_COLLECTIONS[prefix],
    )


def among(column: str, *values: str) -> pl.Expr:
    """Whether the column has one of the values; no value is none of them, never null."""
    return pl.col(column).is_in(values).fill_null(False)


def given(column: str) -> pl.Expr:
    """Whether the column has a value."""
    return pl.col(column).is_not_null()


def due(checks: Iterable[Check], collection: Collection) -> list[Check]:
    """The checks that count in a collection."""
    return [check for check in checks if check.collection in (None, collection)]


def failing(checks: Iterable[Check], cases: pl.LazyFrame) -> list[tuple[Check, pl.DataFrame]]:
    """Each check that fails, with what the cases it fails for are known by (those of KNOWN_BY that
    they have). One query for all: for a single student, asking costs more than the answers.
    """
    every = tuple(checks)
    if not every:
        return []
    known_by = [name for name in cases.collect_schema() if name in KNOWN_BY]
    marked = cases.select(*known_by, *_marks(every)).collect()
    fails = marked.select(pl.all().exclude(known_by).any()).row(0)
    return [
        (check, marked.filter(check.code).select(known_by))
        for check, any_case in zip(every, fails, strict=True)
        if any_case
    ]


@cache
def _marks(checks: tuple[Check, ...]) -> list[pl.Expr]:
    """Of each check, the cases that fail it; written once."""
    return [check.fails.fill_null(False).alias(check.code) for check in checks]
