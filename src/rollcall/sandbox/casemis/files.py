"""CASEMIS files for a sandbox district, with faults to order and the truth about every row.

What a file contains and the outcome that each row must have come from here, so that tests and
benchmarks can compare counts exactly.
"""

from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from rollcall.sandbox.casemis import values
from rollcall.sandbox.casemis.faults import (
    BAD_BYTE,
    MARK,
    Faults,
    Style,
    another_percent,
    numbers,
    scatter,
    unknown_ssids,
    with_faults,
)
from rollcall.sandbox.districts.people import NAME_WIDTH, match_key, unaccented

__all__ = [
    "Faults",
    "MadeFile",
    "ServiceFaults",
    "Style",
    "make_table_a",
    "make_table_b",
    "next_day",
]

_PLAIN, _NO_FAULTS = Style(), Faults()

#: The outcome a row must have, by its fault; anything else is rejected.
_OUTCOMES = {
    "none": "matched",
    "name_match": "matched",
    "unknown_ssid": "unmatched",
    "no_match": "unmatched",
    "ambiguous": "ambiguous",
    "duplicate": "duplicate",
    "via_table_a": "matched",
    "unknown_student": "unmatched",
}


@dataclass(frozen=True)
class ServiceFaults:
    """How many Table B rows of each kind: `via_table_a` have no SSID and resolve through Table A
    by SELPA_CODE + STUDENT_ID (rows of students who have none come on top), `unknown_ssid` have
    one that no student has, `unknown_student` have none and a STUDENT_ID that Table A has not.
    """

    via_table_a: int = 0
    unknown_ssid: int = 0
    unknown_student: int = 0


_NO_SERVICE_FAULTS = ServiceFaults()


@dataclass(frozen=True)
class MadeFile:
    """A file and the truth about it.

    `expected`: a row per record: line (from 1, header not counted), fault ("none" for a clean
    row), outcome, local_id (of the student meant), changed (by `next_day`).
    """

    content: bytes
    expected: pl.DataFrame
    lines: pl.Series
    style: Style
    names: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows were read, and how many have each outcome."""
        by_outcome = dict(self.expected.group_by("outcome").len().rows())
        kinds = ("matched", "unmatched", "duplicate", "ambiguous", "rejected")
        return {"read": self.expected.height, **{kind: by_outcome.get(kind, 0) for kind in kinds}}

    def rewritten(self, lines: pl.Series, expected: pl.DataFrame) -> "MadeFile":
        """A file of the same kind with other lines, numbered anew."""
        numbered = expected.with_columns(_line_numbers(lines.len()))
        return _made(lines, numbered, self.style, self.names)


def make_table_a(
    students: pl.DataFrame,
    *,
    share: float = 0.12,
    seed: int = 1,
    school_year: str = "2016-2017",
    faults: Faults = _NO_FAULTS,
    style: Style = _PLAIN,
) -> MadeFile:
    """Table A (67 columns) with a row for a `share` of the district's students.

    `students`: the frame of `make_district`. ValueError when the district has not enough students
    for the faults ordered.
    """
    rng = np.random.default_rng([seed, 1])
    chosen = _chosen(students, share, faults.ambiguous, style, rng)
    fault = _assign(chosen, faults, rng)
    written = chosen.with_columns(
        _writable(chosen[name], style.encoding) for name in ("last_name", "first_name")
    )
    text = values.table_a(written, int(school_year[:4]), style.dates, rng)
    lines = with_faults(_joined(text, style), fault, chosen["state_id"], style)
    expected = _expected(fault, chosen["local_id"])
    return _made(lines, expected, style, values.TABLE_A_FIELDS)


def make_table_b(
    table_a: MadeFile,
    students: pl.DataFrame,
    *,
    seed: int = 1,
    school_year: str = "2016-2017",
    faults: ServiceFaults = _NO_SERVICE_FAULTS,
    style: Style = _PLAIN,
) -> MadeFile:
    """Table B in its default layout: one to four services for each student Table A matches.

    `students`: the frame of `make_district`. ValueError when there are not enough rows for the
    faults ordered.
    """
    rng = np.random.default_rng([seed, 2])
    frame = values.table_b(_served(table_a, students), style.dates, int(school_year[:4]), rng)
    fault = pl.Series(["via_table_a", "none"]).gather((frame["SSID"] != "").cast(pl.UInt32))
    fault = _place(fault, rng.permutation(numbers(fault == "none")), asdict(faults))
    lines = _joined(_with_service_faults(frame, fault), style)
    return _made(lines, _expected(fault, frame["local_id"]), style, values.TABLE_B_FIELDS)


def _with_service_faults(frame: pl.DataFrame, fault: pl.Series) -> pl.DataFrame:
    """Table B's fields with each row's fault in its ids."""
    no_ssid = pl.lit(fault.is_in(["via_table_a", "unknown_student"]))
    unknown = pl.when(pl.lit(fault == "unknown_ssid")).then(pl.lit(unknown_ssids(len(fault))))
    nobody = pl.when(pl.lit(fault == "unknown_student")).then(pl.lit("SE99999999"))
    return frame.with_columns(
        pl.when(no_ssid).then(pl.lit("")).otherwise(unknown.otherwise("SSID")).alias("SSID"),
        nobody.otherwise("STUDENT_ID").alias("STUDENT_ID"),
    ).select(values.TABLE_B_FIELDS)


def next_day(today: MadeFile, share: float = 0.01, seed: int = 2, dropped: int = 0) -> MadeFile:
    """The next day's Table A: a `share` of its clean rows changed, `dropped` of them gone.

    Each changed row has another IN_REGCLS (percent in regular class) and so changes its record;
    every other line is byte for byte as it was.
    """
    rng = np.random.default_rng([seed, 3])
    clean = rng.permutation(numbers(today.expected["fault"] == "none"))
    edited = np.sort(clean[: round(share * today.expected.height)])
    gone = clean[len(edited) :][:dropped]
    lines = scatter(today.lines, edited, another_percent(today.lines.gather(edited), today.style))
    expected = today.expected.with_columns(
        pl.Series("changed", np.isin(np.arange(today.expected.height), edited))
    )
    stays = pl.Series(~np.isin(np.arange(lines.len()), gone))
    return today.rewritten(lines.filter(stays), expected.filter(stays))


def _chosen(
    students: pl.DataFrame, share: float, alike: int, style: Style, rng: np.random.Generator
) -> pl.DataFrame:
    """A share of the students, in the district's order, with `alone`: whether name and birth date
    tell the student from all others. At least `alike` of them are not alone and have an SSID.

    Whether a stroked D is a D with an accent is for matching to decide: no row hangs on it where
    the encoding lacks the letter.
    """
    marked = students.with_columns(match_key(students).is_unique().alias("alone"))
    stroked = pl.concat_str("last_name", "first_name").str.contains("[Đđ]")
    doubtful = pl.col("state_id").is_null() & stroked & (not style.encoding.startswith("utf"))
    certain = marked.filter(~doubtful)
    count = min(round(share * students.height), certain.height)
    first = rng.permutation(numbers(~certain["alone"] & certain["state_id"].is_not_null()))[:alike]
    order = np.concatenate([first, np.setdiff1d(rng.permutation(certain.height), first, True)])
    return certain[np.sort(order[:count])]


def _assign(chosen: pl.DataFrame, faults: Faults, rng: np.random.Generator) -> pl.Series:
    """Which fault each row is to have. Rows without an SSID have theirs by nature."""
    nature = chosen.select(
        pl.when(pl.col("state_id").is_not_null())
        .then(pl.lit("none"))
        .when("alone")
        .then(pl.lit("name_match"))
        .otherwise(pl.lit("ambiguous"))
    ).to_series()
    clean = nature == "none"
    alike = rng.permutation(numbers(clean & ~chosen["alone"]))
    unlike = rng.permutation(numbers(clean & chosen["alone"]))
    order = asdict(faults)
    nature = _place(nature, alike, {"ambiguous": order.pop("ambiguous")})
    return _place(nature, unlike, order)


def _place(fault: pl.Series, rows: np.ndarray, order: dict[str, int]) -> pl.Series:
    """`fault` with as many of each kind as ordered, at the first of `rows`."""
    if sum(order.values()) > len(rows):
        kinds_ordered = ", ".join(kind for kind, number in order.items() if number)
        raise ValueError(f"{len(rows)} students for {sum(order.values())} rows of {kinds_ordered}")
    kinds = np.repeat(list(order), list(order.values()))
    return scatter(fault, rows[: len(kinds)], pl.Series(kinds, dtype=pl.String))


def _writable(names: pl.Series, encoding: str) -> pl.Series:
    """Names cut as CASEMIS cuts them; those the encoding lacks letters for lose their accents."""
    cut = names.str.slice(0, NAME_WIDTH).str.strip_chars()
    if encoding.startswith("utf"):
        return cut
    distinct = cut.unique()
    encoded = [name.encode(encoding, "ignore").decode(encoding) for name in distinct]
    fitting = [
        name if name == written else unaccented(name)
        for name, written in zip(distinct, encoded, strict=True)
    ]
    return cut.replace_strict(distinct, fitting)


def _joined(text: pl.DataFrame, style: Style) -> pl.Series:
    """Each row as a line without its end. No value has a comma or a quote."""
    wrapped = pl.format('"{}"', pl.all()) if style.quoted else pl.all()
    # Slice by slice, so that memory never has 67 wide columns and the result at once.
    parts = [
        part.select(wrapped).select(pl.concat_str(pl.all(), separator=",").alias("line"))
        for part in text.iter_slices(100_000)
    ]
    return pl.concat(parts).to_series() if parts else pl.Series("line", [], dtype=pl.String)


def _served(table_a: MadeFile, students: pl.DataFrame) -> pl.DataFrame:
    """local_id, STUDENT_ID and SSID ("" = none in Table A) of the rows Table A matches."""
    rows = table_a.expected.filter(pl.col("outcome") == "matched").select("local_id", "fault")
    ids = rows.join(students.select("local_id", "state_id"), on="local_id", maintain_order="left")
    ssid = pl.when(pl.col("fault") == "none").then("state_id").otherwise(pl.lit(""))
    return ids.select(
        "local_id",
        ("SE" + pl.col("local_id").str.zfill(8)).alias("STUDENT_ID"),
        ssid.alias("SSID"),
    )


def _expected(fault: pl.Series, local_id: pl.Series) -> pl.DataFrame:
    """The truth about each row; see `MadeFile`."""
    return pl.DataFrame(
        {
            "line": _line_numbers(len(fault)),
            "fault": fault,
            "outcome": fault.replace_strict(_OUTCOMES, default="rejected"),
            "local_id": local_id,
            "changed": pl.Series([False]).new_from_index(0, len(fault)),
        }
    )


def _line_numbers(count: int) -> pl.Series:
    return pl.Series("line", np.arange(1, count + 1), dtype=pl.UInt32)


def _made(
    lines: pl.Series, expected: pl.DataFrame, style: Style, names: tuple[str, ...]
) -> MadeFile:
    """Write the lines as the style says."""
    quote = '"' if style.quoted else ""
    header = [",".join(quote + name + quote for name in names)] if style.header else []
    text = style.newline.join([*header, *lines.to_list(), ""])
    content = text.encode(style.encoding).replace(MARK.encode(), BAD_BYTE)
    return MadeFile(content, expected, lines, style, names)
