"""The measured files, made once a size and kept. Runs as a process of its own: making a million
rows takes memory that must not count for what is measured.

`python -m bench.data ROWS SEED FOLDER` writes
    sis/            the district's record files (schools, students, calendars)
    base.csv        Table A of the day before: every student, no bad row
    measured.csv    the next one: 1% of the rows changed, bad rows of every kind
    clean.csv       measured.csv without the rows that must be rejected
    next.csv        the day after measured.csv: 1% of its lines new
    truth.json      counts and numbers of changes of measured and next
    *.outcomes      one letter a row: the outcome's first letter, `x` for a row that cannot be read
"""

import json
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

#: The share of rows that must be rejected, and of rows changed since the day before.
REJECTED, CHANGED = 0.005, 0.01
#: Faults that make a line unreadable; the other two that reject are wrong values.
UNREADABLE = ("column_count", "unclosed_quote", "stray_quote", "undecodable_byte")
_REJECTING = 6
#: Raise it when files must be made anew.
_VERSION = 1


@dataclass(frozen=True)
class Files:
    """The files of one size, and what is true about them."""

    folder: Path
    rows: int

    def path(self, name: str) -> Path:
        """base, measured, clean or next."""
        return self.folder / f"{name}.csv"

    @property
    def sis(self) -> Path:
        """The folder of record files."""
        return self.folder / "sis"

    def truth(self, name: str) -> dict[str, int]:
        """Counts by outcome, `read` and `updated`, of measured or next."""
        counts_by_file: dict[str, dict[str, int]] = json.loads(
            (self.folder / "truth.json").read_text()
        )
        return counts_by_file[name]

    def outcomes(self, name: str) -> bytes:
        """A letter a row; see above."""
        return (self.folder / f"{name}.outcomes").read_bytes()


def main(rows: int, seed: int, folder: Path) -> None:
    """Make all files of a size unless they are there."""
    marker = folder / "made.json"
    parameters = {"version": _VERSION, "rows": rows, "seed": seed}
    if marker.exists() and json.loads(marker.read_text()) == parameters:
        return
    folder.mkdir(parents=True, exist_ok=True)
    _make(rows, seed, folder)
    marker.write_text(json.dumps(parameters))


def _make(rows: int, seed: int, folder: Path) -> None:
    from rollcall.sandbox.casemis.files import Faults, Style, make_table_a, next_day
    from rollcall.sandbox.districts.california import make_district, write_bundle

    district = make_district(rows, seed)
    # Who is enrolled where does not matter to a CASEMIS import.
    write_bundle(
        {name: district[name] for name in ("schools", "students", "calendars")}, folder / "sis"
    )
    each = max(2, round(rows * REJECTED / _REJECTING) // 2 * 2)
    faults = Faults(**{kind.name: each for kind in fields(Faults)})
    style = Style(header=True)
    # Faults do not disturb the values drawn: both files agree in every other row.
    before = make_table_a(district["students"], share=1.0, seed=seed, style=style)
    (folder / "base.csv").write_bytes(before.content)
    today = make_table_a(district["students"], share=1.0, seed=seed, style=style, faults=faults)
    today = next_day(today, CHANGED, seed + 1)
    after = next_day(today, CHANGED, seed + 2)
    _write_clean(today, folder)
    truth = {}
    for name, file in (("measured", today), ("next", after)):
        (folder / f"{name}.csv").write_bytes(file.content)
        (folder / f"{name}.outcomes").write_text(_letters(file))
        truth[name] = {**file.counts, "updated": int(file.expected["changed"].sum())}
    (folder / "truth.json").write_text(json.dumps(truth, indent=2))


def _letters(file: Any) -> str:
    """One letter a row: m u d a r, or x where the line itself cannot be read."""
    import polars as pl

    letter = pl.col("outcome").str.slice(0, 1)
    unreadable = pl.col("fault").is_in(UNREADABLE)
    letters = file.expected.select(pl.when(unreadable).then(pl.lit("x")).otherwise(letter))
    return "".join(letters.to_series())


def _write_clean(file: Any, folder: Path) -> None:
    clean_lines = file.lines.filter(file.expected["outcome"] != "rejected")
    text = file.style.newline.join([",".join(file.names), *clean_lines.to_list(), ""])
    (folder / "clean.csv").write_text(text, encoding="utf-8", newline="")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
