"""Explain a match: which rule matched a row or why none did, and which students are near it."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from rollcall.core.findings import Codes
from rollcall.core.match import REASONS, folded, match_students

#: Nearest students shown, and how alike (0-1, averaged over the fields given) they must be.
_SHOWN = 3
_ALIKE = 0.75

_FIELDS = {
    "state_id": "state id",
    "last_name": "last name",
    "first_name": "first name",
    "birth_date": "birth date",
}

_MATCHED = {
    "state_id": "Its state id belongs to exactly one student: {student}.",
    "name_birth_date": (
        "It has no state id; its last name and first name (first 15 characters, without accents "
        "and case) and its birth date belong to exactly one student: {student}."
    ),
}


def explain_match(
    row: Mapping[str, str | date | None], students: pl.DataFrame
) -> list[tuple[str, str]]:
    """Why a row was matched or not, as (rule, sentence); near students follow as rule "near".

    `row`: state_id, last_name, first_name, birth_date; and `outcome` and `rule`, what the run
    decided, where it had more than this row in view. `students` as for `match_students`.
    Sentences name local ids and fields, never a name or a date.
    """
    if row.get("outcome") == "rejected":
        return [(str(row["rule"]), _sentence(str(row["rule"])))]
    found = match_students(_frame(row), students).row(0, named=True)
    told = []
    if row.get("rule") not in (None, found["rule"]):
        told.append((str(row["rule"]), _sentence(str(row["rule"]))))
    told.append((found["rule"], _decided(found)))
    if found["outcome"] == "unmatched":
        told += [("near", text) for text in _near(row, students)]
    return told


def _frame(row: Mapping[str, str | date | None]) -> pl.DataFrame:
    schema = {"line": pl.UInt32(), **dict.fromkeys(_FIELDS, pl.String()), "birth_date": pl.Date()}
    values = {"line": 1, **{field: row.get(field) for field in _FIELDS}}
    return pl.DataFrame([values], schema=schema)


def _decided(found: Mapping[str, object]) -> str:
    rule = str(found["rule"])
    if rule in _MATCHED:
        return _MATCHED[rule].format(student=found["local_id"])
    candidates = found["candidates"]
    named = f" Students: {', '.join(candidates)}." if isinstance(candidates, list) else ""
    return _sentence(rule) + named


def _sentence(rule: str) -> str:
    code = REASONS.get(rule, rule)
    declared = next((known for known in Codes.all() if known.code == code), None)
    return f"{declared.text}. {declared.what_to_do}" if declared else rule


def _near(row: Mapping[str, str | date | None], students: pl.DataFrame) -> list[str]:
    """A sentence for each of the students most like the row, naming the fields that differ."""
    given = [field for field in _FIELDS if row.get(field)]
    if not given or students.is_empty():
        return []
    likeness = _likeness(_frame(row), students, given)
    mean = likeness.mean_horizontal()
    nearest = pl.DataFrame({"local_id": students["local_id"], "mean": mean}).hstack(likeness)
    nearest = nearest.filter(pl.col("mean") >= _ALIKE)
    nearest = nearest.sort(["mean", "local_id"], descending=[True, False])
    return [_difference(student, given) for student in nearest.head(_SHOWN).iter_rows(named=True)]


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


def _difference(student: Mapping[str, object], given: list[str]) -> str:
    differing = [_FIELDS[field] for field in given if student[field] != 1]
    verb = "differs" if len(differing) == 1 else "differ"
    named = f"only the {' and the '.join(differing)} {verb}"
    what = named if differing else "nothing that the row has differs"
    return f"Student {student['local_id']} is near: {what}."
