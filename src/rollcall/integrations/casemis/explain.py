"""Why a row of a CASEMIS file was matched or not, in sentences."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from rollcall.core.findings import Codes
from rollcall.core.plans.plan import candidate_words
from rollcall.integrations.casemis.rules import BY_STUDENTS_FILE, NAME, SERVICE_REASONS

_THROUGH_STUDENTS_FILE = (
    "The service has no SSID; the one row of the student file with its SELPA and special-education "
    "ID was matched to student {student}."
)


def explain(
    input: str, row: Mapping[str, Any], views: Mapping[str, pl.DataFrame]
) -> list[tuple[str, str]]:
    """(rule, sentence) for a row of the outcome frame of `input`; views: "students" and
    "match_decisions".
    """
    rule = row["rule"]
    if input == "services" and not row.get("state_id"):
        if rule == BY_STUDENTS_FILE:
            return [(rule, _THROUGH_STUDENTS_FILE.format(student=row["local_id"]))]
        code = Codes.get(SERVICE_REASONS.get(rule, rule))
        candidates = candidate_words(row.get("candidates"))
        students = f" Students: {candidates}." if candidates else ""
        return [(rule, f"{code.text}. {code.what_to_do}{students}")]
    # Loads numpy and rapidfuzz, a fifth of a second that only this command should pay.
    from rollcall.core.matching.explain_match import explain_match

    decisions = views["match_decisions"].filter(pl.col("integration") == NAME)
    return explain_match(row, views["students"], decisions)
