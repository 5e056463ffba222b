"""Why a row of a record file was loaded or not, in sentences."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from rollcall.core.findings import Codes
from rollcall.integrations.roster import codes

_SENTENCES: Mapping[str, str] = {
    "accepted": "The row was accepted: the record has its values.",
    "not_used": "The row was not used: one of Rollcall's own files has the same records.",
    "not_a_school": "The row was ignored: it is not a school, or it is marked as deleted.",
    "not_a_student": "The row was ignored: it is not a student, or it is marked as deleted.",
    "not_a_school_year": "The row was ignored: it is not a school year, or is marked as deleted.",
    "unreadable": "The row could not be read, or one of its values is not valid.",
}
_CODES: Mapping[str, str] = {
    "duplicate": codes.DUPLICATE,
    "no_name": codes.NO_NAME,
    "state_id": codes.STATE_ID,
    "school_year": codes.SCHOOL_YEAR,
    "exit_before_entry": codes.EXIT_BEFORE_ENTRY,
    "last_before_first": codes.LAST_BEFORE_FIRST,
    "end_before_begin": codes.END_BEFORE_BEGIN,
    "no_student": codes.NO_STUDENT,
    "unknown_student": codes.UNKNOWN_STUDENT,
}


def explain(
    input: str, row: Mapping[str, Any], views: Mapping[str, pl.DataFrame]
) -> list[tuple[str, str]]:
    """(rule, sentence) for a row of the outcome frame of `input`."""
    rule = row["rule"]
    return [(rule, _SENTENCES.get(rule) or f"{Codes.get(_CODES[rule]).text}.")]
