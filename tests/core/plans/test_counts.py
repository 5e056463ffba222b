"""Counts add up, always."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.core.files.layouts import Layout, ReadOptions
from rollcall.core.findings import no_findings
from rollcall.core.integration import Input
from rollcall.core.plans.counts import input_counts, plan_counts, row_counts
from rollcall.core.plans.plan import Changes, Outcome, Plan
from rollcall.core.plans.record_types import RecordType

THING = RecordType("thing", "Things", {"local_id": pl.String()}, {})


def outcomes(values: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"outcome": values}, schema={"outcome": pl.String()})


def changes(kinds: list[str], unchanged: int = 0) -> Changes:
    after = pl.DataFrame({"change": kinds}, schema={"change": pl.String()})
    return Changes(THING, after, pl.DataFrame(), unchanged, 0)


@given(st.lists(st.sampled_from([str(outcome) for outcome in Outcome])))
def test_rows_read_are_the_sum_of_the_outcomes(values: Any) -> None:
    counts = row_counts(outcomes(values))
    assert counts.pop("read") == len(values) == sum(counts.values())


def test_a_row_without_an_outcome_is_a_bug() -> None:
    with pytest.raises(ValueError, match="1 rows have no known outcome"):
        row_counts(outcomes(["matched", "lost"]))


def test_an_inputs_counts_include_the_changes_it_causes() -> None:
    counts = input_counts(outcomes(["matched"]), [changes(["add", "remove"], 3), changes(["add"])])
    assert list(counts)[:6] == [
        "read",
        "matched",
        "unmatched",
        "duplicate",
        "ambiguous",
        "rejected",
    ]
    assert list(counts.items())[6:] == [
        ("added", 2),
        ("updated", 0),
        ("ended", 0),
        ("removed", 1),
        ("unchanged", 3),
    ]


def test_a_plan_counts_only_the_inputs_it_has() -> None:
    def declared(name: str, *records: str) -> Input:
        layout = Layout(name, name, ())
        return Input(
            name, name, lambda _: None, lambda _: layout, lambda _: ReadOptions(), records=records
        )

    plan = Plan({"a": outcomes(["matched"])}, {"thing": changes(["update"])}, no_findings())
    counts = plan_counts(plan, [declared("a", "thing", "other"), declared("b", "thing")])
    assert list(counts) == ["a"]
    assert counts["a"]["updated"] == 1
