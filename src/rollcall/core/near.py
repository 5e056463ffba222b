"""The students most like a row, and the fields in which they differ from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from rollcall.core.match_decisions import IDENTITY
from rollcall.core.names import folded

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
        named = f"only the {' and the '.join(words)} {verb}"
        what = named if words else "nothing that the row has differs"
        return f"Student {self.local_id} is near: {what}."


def row_frame(row: Row) -> pl.DataFrame:
    """One row as the matcher takes it: line 1 and IDENTITY."""
    values = {"line": 1, **{field: row.get(field) for field in IDENTITY}}
    return pl.DataFrame([values], schema={"line": pl.UInt32(), **IDENTITY})


def nearest(row: Row, students: pl.DataFrame) -> list[Near]:
    """The students most like the row, the nearest first; none when nobody is like it.

    `row`: IDENTITY fields, those that are given count. `students`: local_id and the same.
    """
    given = [field for field in IDENTITY if row.get(field)]
    if not given or students.is_empty():
        return []
    likeness = _likeness(row_frame(row), students, given)
    ranked = likeness.with_columns(students["local_id"], mean=pl.mean_horizontal(given))
    ranked = ranked.filter(pl.col("mean") >= _ALIKE)
    ranked = ranked.sort(["mean", "local_id"], descending=[True, False]).head(SHOWN)
    return [
        Near(student["local_id"], tuple(field for field in given if student[field] != 1))
        for student in ranked.iter_rows(named=True)
    ]


def _likeness(row: pl.DataFrame, students: pl.DataFrame, given: list[str]) -> pl.DataFrame:
    """For each student (a row) how alike each given field is: 0 (or no value) to 1 (equal)."""
    alike = {}
    for field in given:
        wanted = _text(row, field)[0]
        values = _text(students, field)
        scorer = JaroWinkler if field.endswith("name") else OSA
        score = scorer.normalized_similarity
        scores = process.cdist([wanted], values.to_list(), scorer=score, dtype=np.float32)
        alike[field] = np.where((values == "").to_numpy(), 0, scores[0])
    return pl.DataFrame(alike)


def _text(frame: pl.DataFrame, field: str) -> pl.Series:
    values = frame[field]
    text = folded(values) if field.endswith("name") else values.cast(pl.String)
    return text.fill_null("")
