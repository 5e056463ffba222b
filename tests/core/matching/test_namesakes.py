"""Many rows about many students of one name, or of one placeholder id: what it takes grows with the
rows and the students, never with their product.
"""

import subprocess
import sys
from datetime import date
from itertools import product

import polars as pl
import pytest

from rollcall.core.matching.match import by_name, by_state_id, match_findings
from rollcall.core.matching.match_decisions import MATCH_DECISIONS_SCHEMA
from rollcall.core.matching.names import fold_name
from rollcall.core.plans.plan import FEW, NAMED, candidate_words

PERSON = {"last_name": "Lee", "first_name": "Kim", "birth_date": date(2007, 5, 9)}
MIB = 1 << 20


def people(count: int, state_id: str | None = None) -> pl.DataFrame:
    ids = pl.Series("local_id", [f"{n:06}" for n in range(count)])
    return _alike(ids.to_frame(), state_id)


def lines(count: int, state_id: str | None = None) -> pl.DataFrame:
    numbers = pl.Series("line", range(1, count + 1), pl.UInt32)
    return _alike(numbers.to_frame(), state_id)


def _alike(frame: pl.DataFrame, state_id: str | None) -> pl.DataFrame:
    return frame.with_columns(
        pl.lit(state_id, pl.String).alias("state_id"),
        *(pl.lit(value).alias(name) for name, value in PERSON.items()),
    )


def decision(kind: str, local_id: str) -> pl.DataFrame:
    row = {"integration": "casemis", "kind": kind, **PERSON, "local_id": local_id}
    row |= {name: fold_name(str(PERSON[name])) for name in ("last_name", "first_name")}
    return pl.DataFrame(
        [{name: row.get(name) for name in MATCH_DECISIONS_SCHEMA}], schema=MATCH_DECISIONS_SCHEMA
    )


@pytest.mark.parametrize(("rows", "holders"), [*product([1, 2, 9], [2, NAMED, FEW, 9])])
def test_all_candidates_are_kept_once_and_a_few_beside_each_row(rows: int, holders: int) -> None:
    found = by_name(lines(rows), people(holders)).sort("line")
    first, *others = found["candidates"].to_list()
    assert first == people(holders)["local_id"].to_list()
    assert others == [first[:FEW]] * (rows - 1)
    said = match_findings(found, "students").sort("line")["detail"].to_list()
    named = ", ".join(first[:NAMED])
    assert said[0] == f"{holders if holders != FEW else 'more than 5'} students: {named}"
    assert set(said[1:]) <= {f"{holders if holders < FEW else 'more than 5'} students: {named}"}


@pytest.mark.parametrize("rows", [1, 3])
def test_people_decide_about_all_of_them_not_about_the_few_that_are_named(rows: int) -> None:
    """Nine namesakes: eight ruled out leave the ninth; a link to the last one is followed."""
    ruled_out = pl.concat([decision("different", f"{n:06}") for n in range(8)])
    found = by_name(lines(rows), people(9), ruled_out)
    assert found["local_id"].to_list() == ["000008"] * rows
    some = by_name(lines(rows), people(9), ruled_out[:2]).sort("line")["candidates"].to_list()
    assert some[0] == people(9)["local_id"].to_list()[2:]
    assert some[1:] == [some[0][:FEW]] * (rows - 1)
    linked = by_name(lines(rows), people(9), decision("link", "000008"))
    assert linked["local_id"].to_list() == ["000008"] * rows


def test_a_placeholder_id_on_many_students_is_kept_once_too() -> None:
    found = by_state_id(lines(9, "9999999999"), people(9, "9999999999")).sort("line")
    assert found["candidates"].list.len().to_list() == [9, *[FEW] * 8]


@pytest.mark.parametrize(("count", "words"), [(0, ""), (2, "a, b"), (5, "a, b, c, d, e")])
def test_a_few_are_named(count: int, words: str) -> None:
    assert candidate_words(list("abcdefg")[:count] or None) == words


def test_more_are_told_of() -> None:
    assert candidate_words(list("abcdefg")) == "a, b, c, d, e and others"


LIMITED = """
import resource, sys
import tests.core.matching.test_namesakes as here
from rollcall.core.matching.match import by_name, by_state_id, match_findings
rows, students, decided = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "decided"
decisions = here.decision("different", "000001") if decided else None
state_id = "9999999999" if sys.argv[3] == "placeholder" else None
lines, people = here.lines(rows, state_id), here.people(students, state_id)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 600 * here.MIB,) * 2)
found = (by_state_id if state_id else by_name)(lines, people, decisions)
assert found.height == rows and match_findings(found, "students").height == rows
"""


@pytest.mark.parametrize("case", ["plain", "decided", "placeholder"])
@pytest.mark.parametrize(("rows", "students"), [(40_000, 20_000), (4_000, 40_000)])
def test_a_product_of_a_thousand_million_stays_under_a_limit(
    rows: int, students: int, case: str
) -> None:
    command = [sys.executable, "-c", LIMITED, str(rows), str(students), case]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
