"""Each guard at its boundary, and what a refusal says."""

import json
import tomllib
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from rollcall.core.plans.guards import (
    DEFAULTS,
    GuardResult,
    Guards,
    check,
)
from rollcall.core.plans.plan import Changes
from rollcall.core.plans.record_types import RecordType

SERVICE = RecordType("service", "Services", {"local_id": pl.String()}, {})


def changes(population: int, **kinds: int) -> Changes:
    listed = [kind for kind, count in kinds.items() for _ in range(count)]
    after = pl.DataFrame({"change": listed}, schema={"change": pl.String()})
    return Changes(SERVICE, after, pl.DataFrame(), 0, population)


def tripped(guards: Guards, plan: Changes) -> list[str]:
    return [result.guard for result in check(guards, {"service": plan}, {}, {}) if result.tripped]


def rows(
    read: int, previous: int | None = None, guards: Guards | None = None, **counts: int
) -> Any:
    counted = {"students": {"read": read, "rejected": 0, "unmatched": 0, **counts}}
    results = check(guards or Guards(), {}, counted, {"students": previous})
    return [result.guard for result in results if result.tripped]


@pytest.mark.parametrize(
    ("kind", "population", "allowed"),
    [
        ("remove", 501, 50),
        ("remove", 100, 10),
        ("end", 509, 50),
        ("update", 1000, 750),
        ("add", 101, 50),
    ],
)
def test_a_percentage_is_rounded_down(kind: str, population: int, allowed: int) -> None:
    assert tripped(Guards(), changes(population, **{kind: allowed})) == []
    assert tripped(Guards(), changes(population, **{kind: allowed + 1})) == [kind]


def test_below_the_minimum_population_no_limit_applies() -> None:
    assert tripped(Guards(), changes(99, remove=98)) == []
    assert tripped(Guards(), changes(100, remove=98)) == ["remove"]
    assert tripped(Guards(minimum_population=0), changes(9, remove=1)) == ["remove"]


def test_an_emptied_side_is_held_however_small() -> None:
    assert tripped(Guards(), changes(3, remove=3)) == ["emptied"]
    assert tripped(Guards(), changes(3, remove=3, add=1)) == []
    assert tripped(Guards(), changes(0)) == []


def test_nothing_read_is_held_where_something_was() -> None:
    assert rows(0, previous=3) == ["emptied"]
    assert rows(0, previous=None) == []
    counted = {"services": {"read": 0, "rejected": 0, "unmatched": 0}}
    (result,) = check(Guards(minimum_population=9), {"service": changes(5)}, counted, {})
    assert (result.guard, result.subject, result.tripped) == ("emptied", "services", True)


def test_percentages_with_decimals_are_exact() -> None:
    guards = Guards.model_validate({"remove": {"percent": 0.29}})
    assert tripped(guards, changes(10_000, remove=29)) == []
    assert tripped(guards, changes(10_000, remove=30)) == ["remove"]


def test_a_count_limits_beside_the_percentage_which_stays() -> None:
    guards = Guards.model_validate({"remove": {"count": 20}})
    assert tripped(guards, changes(1000, remove=20)) == []
    assert tripped(guards, changes(1000, remove=21)) == ["remove"]
    assert tripped(guards, changes(100, remove=11)) == ["remove"]


def test_a_record_type_may_have_its_own_limit() -> None:
    text = """
    minimum_population = 200
    update = { percent = 75 }
    remove = { percent = 10, count = 1000 }
    records.service.remove = { percent = 5 }
    """
    guards = Guards.model_validate(tomllib.loads(text))
    assert guards.limit("remove").percent == 10
    assert guards.limit("remove", "service").percent == 5
    assert guards.limit("remove", "service").count == 1000
    assert guards.limit("add", "service").percent == DEFAULTS["add"]
    assert Guards.model_validate(guards.model_dump(mode="json", exclude_unset=True)) == guards


def test_rows_against_the_last_live_run() -> None:
    assert rows(80, previous=100) == []
    assert rows(79, previous=100) == ["decrease"]
    assert rows(500, previous=100) == []
    assert rows(79, previous=None) == []
    assert rows(60, previous=99) == []


def test_rejected_and_unmatched_rows() -> None:
    assert rows(501, rejected=50, unmatched=150) == []
    assert rows(501, rejected=51, unmatched=151) == ["rejected", "unmatched"]
    assert rows(99, rejected=99, unmatched=99) == []


def test_the_refusal_says_the_numbers() -> None:
    results = check(Guards(), {"service": changes(501, remove=51)}, {}, {})
    (told,) = [result for result in results if result.tripped]
    sentence = "51 of 501 records of “Services” would be removed; at most 50 allowed (10%)."
    assert told == GuardResult("remove", "service", 50, 51, True, sentence)


@pytest.mark.parametrize("wrong", [{"remove": {"percent": -1}}, {"delete": {}}, {"remove": 10}])
def test_wrong_settings_are_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        Guards.model_validate(wrong)


@pytest.mark.parametrize("percent", ["1e999", "-1", "NaN", "Infinity"])
def test_a_limit_is_a_number_that_can_be_kept(percent: str) -> None:
    """JSON has no infinity, though its readers make one of 1e999."""
    with pytest.raises(ValidationError):
        Guards.model_validate({"add": {"percent": json.loads(percent)}})
