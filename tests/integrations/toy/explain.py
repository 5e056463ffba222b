"""Why a row was matched or not, in sentences."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from rollcall.integrations.toy.rules import NAME


def explain(
    input: str, row: Mapping[str, Any], views: Mapping[str, pl.DataFrame]
) -> list[tuple[str, str]]:
    """(rule, sentence) for a row."""
    # Loads what finds similar names, a fifth of a second that only explaining should pay.
    from rollcall.core.matching.explain_match import explain_match

    decisions = views["match_decisions"].filter(pl.col("integration") == NAME)
    return explain_match(row, views["students"], decisions)
