"""Findings: coded data about a row, a file or a record.

A finding names its code; the code's text, what to do and who can do it are looked up here, so that
they read the same on a page, in a mail and on the command line. A finding never carries student
data: `detail` says what was expected or found in words and numbers, never a value from the file
other than an id.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import polars as pl


class Severity(StrEnum):
    """How much a finding matters: an error costs a row or the run, a warning needs a look."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class FindingCode:
    """One kind of finding: its stable code and the words that explain it."""

    code: str
    severity: Severity
    text: str
    what_to_do: str
    who: str


#: Columns of every findings frame. `input` is the input table ("students"; empty = the whole run),
#: `line` the record's number in that input (null = the whole input), `field` the field's name in
#: the input (null = the whole row), `detail` a few words or numbers that complete the text.
FINDINGS_SCHEMA: Mapping[str, pl.DataType] = {
    "input": pl.String(),
    "line": pl.UInt32(),
    "field": pl.String(),
    "code": pl.String(),
    "detail": pl.String(),
}


class Codes:
    """The finding codes one module can give, kept together so that all can be documented."""

    _all: dict[str, FindingCode] = {}  # noqa: RUF012 - the one registry, filled at import

    @classmethod
    def add(cls, code: str, severity: Severity, text: str, what_to_do: str, who: str) -> str:
        """Declare a code once, at import; return it. A second declaration is a bug.

        `text` and `who` are kept without a full stop, since a detail or a word may follow them.
        """
        if code in cls._all:
            raise ValueError(f"finding code {code!r} is declared twice")
        cls._all[code] = FindingCode(code, severity, text.rstrip("."), what_to_do, who.rstrip("."))
        return code

    @classmethod
    def get(cls, code: str) -> FindingCode:
        """The declaration of `code`; KeyError when there is none."""
        return cls._all[code]

    @classmethod
    def all(cls) -> list[FindingCode]:
        """Every declared code, by name."""
        return sorted(cls._all.values(), key=lambda declared: declared.code)


def finding(
    code: str,
    *,
    input: str = "",
    line: int | None = None,
    field: str | None = None,
    detail: str = "",
) -> pl.DataFrame:
    """A findings frame of one row. `code` must be declared."""
    Codes.get(code)
    values = {"input": input, "line": line, "field": field, "code": code, "detail": detail}
    return pl.DataFrame({k: [v] for k, v in values.items()}, schema=dict(FINDINGS_SCHEMA))


def row_findings(
    rows: pl.DataFrame,
    code: str,
    input: str,
    field: str | None = None,
    detail: pl.Expr | None = None,
) -> pl.DataFrame:
    """A finding for each row of `rows` (line); `detail` may use its other columns."""
    return rows.select(
        pl.lit(input).alias("input"),
        pl.col("line"),
        pl.lit(field, pl.String).alias("field"),
        pl.lit(code).alias("code"),
        (pl.lit("") if detail is None else detail.fill_null("")).alias("detail"),
    ).select(list(FINDINGS_SCHEMA))


def no_findings() -> pl.DataFrame:
    """An empty findings frame."""
    return pl.DataFrame(schema=dict(FINDINGS_SCHEMA))


def all_findings(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Several findings frames as one, by input and line; whole-input findings first."""
    return pl.concat([no_findings(), *frames]).sort("input", "line", nulls_last=False)


def count_by_code(findings: pl.DataFrame) -> list[tuple[FindingCode, str, int]]:
    """(code, input, count) for each code and input found: errors first, then the most frequent."""
    order = list(Severity)
    counted = findings.group_by("code", "input").len().rows()
    rows = [(Codes.get(code), input, count) for code, input, count in counted]
    return sorted(rows, key=lambda r: (order.index(r[0].severity), -r[2], r[0].code, r[1]))
