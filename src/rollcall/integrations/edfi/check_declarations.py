"""How checks are declared: a check is data, and reads like the sentence of its rule."""

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
    """The state's two collections of a year; a rule of one does not apply in the other."""

    FALL = "fall"
    END_OF_YEAR = "end_of_year"


#: The columns that identify a failed row: the student, the enrollment, and both in words.
_IDENTIFYING = ("local_id", "school_id", "entry_date", "detail")

#: The collection in which a rule applies, by the first part of its id (facts section 3.7).
_COLLECTIONS: Mapping[str, Collection | None] = {
    "10": None,
    "20": Collection.FALL,
    "30": Collection.END_OF_YEAR,
}


@dataclass(frozen=True, eq=False)
class Check:
    """One thing that can be wrong with a document of `resource`, in its column `field`. Declared
    once, so it equals itself only.

    `fails`: true for the wrong rows of a frame of `check_frames`. `stops`: the API would refuse the
    document at once, so it is not sent. `rule`: the id of the state's rule, if it is one.
    `collection`: the only one it applies in (None: both).
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
    """Something the API refuses at once (level 1), with code `edfi.<name>`."""
    code = Codes.add(f"edfi.{name}", Severity.ERROR, text, fix, RECORDS_OFFICE)
    return Check(code, resource, field, fails, stops=True)


def marss(  # noqa: PLR0913 - a declaration, read as a table
    rule: str,
    severity: Severity,
    number: int,
    field: str | None,
    *,
    resource: str = ENROLLMENT,
    when: pl.Expr | None = None,
    require: pl.Expr,
    text: str,
    fix: str,
    stops: bool = False,
) -> Check:
    """A rule of the state (level 2): where `when` is true, `require` must be true.

    A missing value breaks no rule, unless the rule asks for it: null in `require` is no failure.
    The code has the state's error number and the rule's, since several rules share an error number:
    rule 10.10.6521 with number 55 is marss_55_6521.
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
    """Whether the column has one of the values; false without a value, never null."""
    return pl.col(column).is_in(values).fill_null(False)


def has_value(column: str) -> pl.Expr:
    """Whether the column has a value."""
    return pl.col(column).is_not_null()


def due(checks: Iterable[Check], collection: Collection) -> list[Check]:
    """The checks that apply in a collection."""
    return [check for check in checks if check.collection in (None, collection)]


def failing(checks: Iterable[Check], rows: pl.LazyFrame) -> list[tuple[Check, pl.DataFrame]]:
    """Each check that fails, with its failed rows (the columns that identify them). One query for
    all checks: for a single student, a query costs more than the checks.
    """
    checks = tuple(checks)
    if not checks:
        return []
    identifying = [name for name in rows.collect_schema() if name in _IDENTIFYING]
    marked = rows.select(*identifying, *_marks(checks)).collect()
    any_row = marked.select(pl.all().exclude(identifying).any()).row(0)
    return [
        (check, marked.filter(check.code).select(identifying))
        for check, fails in zip(checks, any_row, strict=True)
        if fails
    ]


@cache
def _marks(checks: tuple[Check, ...]) -> list[pl.Expr]:
    """By check, whether a row fails it; made once."""
    return [check.fails.fill_null(False).alias(check.code) for check in checks]
