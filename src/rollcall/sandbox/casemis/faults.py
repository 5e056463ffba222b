"""Faults written into the lines of a CASEMIS Table A file, on all lines of a kind at once."""

from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from rollcall.sandbox.casemis import values
from rollcall.sandbox.districts.names import NOBODY

#: Written into a line first and replaced in the encoded file: a byte that neither UTF-8 nor cp1252
#: can have there.
MARK, BAD_BYTE = "\x1a", b"\x81"
#: February 30 in each form of dates.
_IMPOSSIBLE_DATES = {
    "%m/%d/%Y": "02/30/2016",
    "%-m/%-d/%Y": "2/30/2016",
    "%Y%m%d": "20160230",
    "%m%d%Y": "02302016",
    "%Y-%m-%d": "2016-02-30",
}


@dataclass(frozen=True)
class Style:
    """How a file is written. `encoding` utf-8 | utf-8-sig (with a byte order mark) | cp1252 |
    ascii; letters it lacks are written without their accents. `dates` is a strftime form.
    """

    header: bool = False
    quoted: bool = False
    newline: str = "\r\n"
    encoding: str = "utf-8"
    dates: str = "%m/%d/%Y"


@dataclass(frozen=True)
class Faults:
    """How many rows of each kind a file has, beside clean ones.

    The first six must be rejected. `duplicate` counts rows and so is even. Rows of students who
    have no SSID come on top of `name_match` and `ambiguous`; `MadeFile.expected` counts them all.
    """

    column_count: int = 0
    unclosed_quote: int = 0
    stray_quote: int = 0
    undecodable_byte: int = 0
    bad_date: int = 0
    bad_code: int = 0
    unknown_ssid: int = 0
    name_match: int = 0
    ambiguous: int = 0
    no_match: int = 0
    duplicate: int = 0

    @classmethod
    def spread(cls, total: int) -> "Faults":
        """About `total` rows with a fault, as many of each kind."""
        kinds = fields(cls)
        each = max(2, total // len(kinds) // 2 * 2)
        return cls(**{kind.name: each for kind in kinds})


def with_faults(lines: pl.Series, fault: pl.Series, ssids: pl.Series, style: Style) -> pl.Series:
    """The lines with each row's fault written into it."""
    for kind in fields(Faults):
        rows = numbers(fault == kind.name)
        if len(rows):
            spoiled = _spoil(kind.name, lines.gather(rows), ssids.gather(rows), style)
            lines = scatter(lines, rows, spoiled)
    return lines


def _spoil(kind: str, lines: pl.Series, ssids: pl.Series, style: Style) -> pl.Series:
    """Lines with one kind of fault; `ssids` are theirs."""
    blank = pl.Series([""]).new_from_index(0, len(lines))
    if kind in ("column_count", "unclosed_quote", "stray_quote", "undecodable_byte"):
        return _unreadable(kind, lines, style)
    if kind == "bad_date":
        return put(lines, "LAST_IEP", blank + _IMPOSSIBLE_DATES[style.dates], style)
    if kind == "bad_code":
        return put(lines, "GENDER", blank + "Q", style)
    if kind == "unknown_ssid":
        return put(lines, "SSID", unknown_ssids(len(lines)), style)
    if kind == "duplicate":
        twice = np.arange(len(lines)) // 2 * 2
        return put(lines, "SSID", ssids.gather(twice), style)
    nameless = put(lines, "SSID", blank, style)
    return put(nameless, "LAST_NAME", blank + NOBODY, style) if kind == "no_match" else nameless


def _unreadable(kind: str, lines: pl.Series, style: Style) -> pl.Series:
    """Lines that cannot be read: half of those with a wrong column count lack one, half have one
    too many; the others have a quote or a byte in the last name that must not be there.
    """
    before = r"^((?:[^,]*,){7}"  # what stands before the last name
    if kind == "column_count":
        fewer = lines.str.replace(r",[^,]*$", "")
        return fewer.zip_with(pl.Series(np.arange(len(lines)) % 2 == 0), lines + ",EXTRA")
    if kind == "unclosed_quote" and style.quoted:
        return lines.str.replace('"$', "")  # the last field's: open to the end of the file
    if kind == "unclosed_quote":
        return lines.str.replace(before + ")", '${1}"')
    mark = '"' if kind == "stray_quote" else MARK
    return lines.str.replace(before + r'"?[^,"])', "${1}" + mark)


def put(lines: pl.Series, name: str, texts: pl.Series, style: Style) -> pl.Series:
    """Table A lines with another text in one field."""
    place = values.TABLE_A_FIELDS.index(name)
    before = lines.str.extract(rf"^((?:[^,]*,){{{place}}})").fill_null("")
    after = lines.str.extract(rf"^(?:[^,]*,){{{place}}}[^,]*(.*)$").fill_null("")
    quote = '"' if style.quoted else ""
    return before + (quote + texts + quote) + after


def another_percent(lines: pl.Series, style: Style) -> pl.Series:
    """Table A lines with another IN_REGCLS between 1 and 100."""
    place = values.TABLE_A_FIELDS.index("IN_REGCLS")
    percent = lines.str.extract(rf'^(?:[^,]*,){{{place}}}"?(\d+)').cast(pl.Int64)
    return put(lines, "IN_REGCLS", (percent % 100 + 1).cast(pl.String), style)


def unknown_ssids(count: int) -> pl.Series:
    """Different SSIDs that begin with 99, as no student's does."""
    return "99" + pl.Series(np.arange(count)).cast(pl.String).str.zfill(8)


def scatter(series: pl.Series, rows: np.ndarray, texts: pl.Series) -> pl.Series:
    """`series` with `texts` at the row numbers `rows`."""
    new = pl.Series(series.name, [None], dtype=pl.String).new_from_index(0, series.len())
    return new.scatter(rows, texts).fill_null(series) if len(rows) else series


def numbers(condition: pl.Series) -> np.ndarray:
    """The row numbers where a condition is true."""
    return condition.arg_true().to_numpy()
