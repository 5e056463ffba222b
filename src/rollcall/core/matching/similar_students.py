"""The students most like a row, and the fields in which they differ from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from rollcall.core.matching.match_decisions import IDENTITY
from rollcall.core.matching.names import folded

#: Nearest students shown, and how alike (0-1, averaged over the fields given) they must be.
SHOWN = 3
_ALIKE = 0.75

#: The fields compared, as people call them.
FIELD_WORDS: Mapping[str, str] = {
    "state_id": "state id",
    "last_name": "last name",
    "first_name": "first name",
    "birth_date": "birth date",
}
#: A row's fields as a frame of students and rows has them.
Row = Mapping[str, str | date | None]


@dataclass(frozen=True)
class Near:
    """A student like a row. `differs`: the row's fields that are not the student's."""

    local_id: str
    differs: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Who and what, without a value."""
        words = [FIELD_WORDS[field] for field in self.differs]
        verb = "differs" if len(words) == 1 else "differ"
        reason = f"only the {' and the '.join(words)} {verb}"
        what = reason if words else "nothing that the row has differs"
        return f"Student {self.local_id} is near: {what}."


def row_frame(row: Row) -> pl.DataFrame:
    """One row as the matcher takes it: line 1 and IDENTITY."""
    values = {"line": 1, **{field: row.get(field) for field in IDENTITY}}
    return pl.DataFrame([values], schema={"line": pl.UInt32(), **IDENTITY})


def nearest(row: Row, students: pl.DataFrame) -> list[Near]:
    """The students most like the row, the nearest first; none when nobody is like it.

    `row`: IDENTITY fields, those that are given count. `students`: local_id and the same.
    """
    line = pl.lit(1, pl.UInt32).alias("line")
    return nearest_of_each(row_frame(row), students.with_columns(line)).get(1, [])


def nearest_of_each(rows: pl.DataFrame, students: pl.DataFrame) -> dict[int, list[Near]]:
    """By line of `rows` the students most like that row, the nearest first.

    `rows`: line and IDENTITY. `students`: the `line` of the row each is compared with, local_id and
    IDENTITY. A line whom nobody is like is left out.
    """
    pairs = students.select("line", "local_id", *IDENTITY).join(
        rows.select("line", *IDENTITY), on="line", suffix=_OF_ROW
    )
    likeness = pl.DataFrame([_likeness(pairs, field) for field in IDENTITY])
    ranked = pairs.select("line", "local_id").hstack(likeness).with_columns(mean=_MEAN)
    ranked = ranked.filter(pl.col("mean") >= _ALIKE)
    ranked = ranked.sort(["line", "mean", "local_id"], descending=[False, True, False])
    nearest: dict[int, list[Near]] = {}
    for pair in ranked.group_by("line", maintain_order=True).head(SHOWN).iter_rows(named=True):
        differs = tuple(field for field in IDENTITY if pair[field] not in (None, 1))
        nearest.setdefault(pair["line"], []).append(Near(pair["local_id"], differs))
    return nearest


_OF_ROW = ":row"
#: What the row does not give is null, and does not count.
_MEAN = pl.mean_horizontal(list(IDENTITY))


def _likeness(pairs: pl.DataFrame, field: str) -> pl.Series:
    """How alike a field is: 0 (or no value of the student) to 1 (equal); null: none of the row."""
    theirs, rows = _text(pairs, field), _text(pairs, field + _OF_ROW)
    scorer = JaroWinkler if field.endswith("name") else OSA
    score = scorer.normalized_similarity
    scores = process.cpdist(theirs.to_list(), rows.to_list(), scorer=score, dtype=np.float32)
    alike = pl.DataFrame({"alike": scores, "student": theirs, "row": rows})
    with_student = pl.when(pl.col("student") == "").then(0.0).otherwise("alike")
    return alike.select(pl.when(pl.col("row") != "").then(with_student).alias(field)).to_series()


def _text(pairs: pl.DataFrame, field: str) -> pl.Series:
    values = pairs[field]
    is_name = field.removesuffix(_OF_ROW).endswith("name")
    return (folded(values) if is_name else values.cast(pl.String)).fill_null("")
