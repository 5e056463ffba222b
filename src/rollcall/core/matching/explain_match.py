"""Explain a match: which rule matched a row or why none did, who decided what, and who is near."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import polars as pl

from rollcall.core.findings import Codes
from rollcall.core.matching.match import identities, match_students
from rollcall.core.matching.match_decisions import (
    IDENTITY,
    LINKED,
    DecisionKind,
    decision_sentence,
    no_decisions,
)
from rollcall.core.matching.match_reasons import REASONS
from rollcall.core.matching.similar_students import Row, nearest, row_frame
from rollcall.core.plans.plan import candidate_words

_MATCHED = {
    "state_id": "Its state id belongs to exactly one student: {student}.",
    "name_birth_date": (
        "It has no state id; its last name and first name (first 15 characters, without accents "
        "and case) and its birth date belong to exactly one student: {student}."
    ),
    LINKED: "A person linked it to a student: {student}.",
}


def explain_match(
    row: Row, students: pl.DataFrame, decisions: pl.DataFrame | None = None
) -> list[tuple[str, str]]:
    """Why a row was matched or not, as (rule, sentence); people's decisions about it follow as rule
    "decision", near students as rule "near".

    `row`: IDENTITY; and `outcome` and `rule`, what the run decided, where it had more than this row
    in view. `students`, `decisions`: as for `match_students`. Sentences name local ids and fields,
    never a name or a date of the row.
    """
    if row.get("outcome") == "rejected":
        return [(str(row["rule"]), _sentence(str(row["rule"])))]
    about = decisions_about(row, no_decisions() if decisions is None else decisions)
    # What is left alone is explained all the same.
    deciding = about.filter(pl.col("kind") != DecisionKind.IGNORE)
    outcome = match_students(row_frame(row), students, decisions=deciding).row(0, named=True)
    sentences = []
    if row.get("rule") not in (None, outcome["rule"]):
        # The row alone is decided otherwise now than in the run.
        then = "A person had linked it to a student; that decision no longer stands."
        rule = str(row["rule"])
        sentences.append((rule, then if rule == LINKED else _sentence(rule)))
    sentences.append((outcome["rule"], _sentence(outcome["rule"], outcome)))
    sentences += [
        ("decision", decision_sentence(decision)) for decision in about.iter_rows(named=True)
    ]
    if outcome["outcome"] == "unmatched":
        ruled_out = about.filter(pl.col("kind") == DecisionKind.DIFFERENT)["local_id"]
        candidates = students.filter(~pl.col("local_id").is_in(ruled_out.implode()))
        sentences += [("near", near.sentence) for near in nearest(row, candidates)]
    return sentences


def decisions_about(row: Row, decisions: pl.DataFrame) -> pl.DataFrame:
    """Those of `decisions` that are about whom `row` is about."""
    identity = identities(row_frame(row)).drop("line")
    if all(value is None for value in identity.row(0)):
        return decisions.clear()
    return decisions.join(identity, on=list(IDENTITY), how="semi", nulls_equal=True)


def _sentence(rule: str, outcome: Mapping[str, Any] = MappingProxyType({})) -> str:
    """What a rule says; of a row's outcome also who was found."""
    if outcome and rule in _MATCHED:
        return _MATCHED[rule].format(student=outcome["local_id"])
    code = REASONS.get(rule, rule)
    declared = next(
        (declared_code for declared_code in Codes.all() if declared_code.code == code), None
    )
    candidates = candidate_words(outcome["candidates"]) if outcome else ""
    students = f" Students: {candidates}." if candidates else ""
    return (f"{declared.text}. {declared.what_to_do}" if declared else rule) + students
