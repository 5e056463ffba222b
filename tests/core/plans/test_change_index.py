"""The index of changes says of each change what the change itself says."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from tests.examples import examples

from rollcall.core.plans.change_index import (
    change_index,
    changes_field,
    field_counts,
    in_order_of_changes,
)
from rollcall.core.plans.diff import field_changes
from rollcall.core.plans.plan import ChangeKind, Changes
from rollcall.core.plans.record_types import RecordType

#: More columns than one word of bits holds.
COLUMNS = [f"c{number}" for number in range(70)]
PERSON = RecordType(
    "person",
    "People",
    key={"local_id": pl.String(), "part": pl.String()},
    columns=dict.fromkeys(COLUMNS, pl.String()),
)
VALUES = st.lists(st.sampled_from([None, "a", "b"]), min_size=70, max_size=70)
KINDS = st.sampled_from([ChangeKind.ADD, ChangeKind.UPDATE, ChangeKind.REMOVE])


@st.composite
def some_changes(draw: st.DrawFn) -> Changes:
    """Changes of every kind; the records as they were in an order of their own."""
    rows, before = [], []
    for number in range(draw(st.integers(0, 5))):
        kind, was, now = draw(KINDS), draw(VALUES), draw(VALUES)
        key = [str(number), draw(st.sampled_from([None, "x"]))]
        line = None if kind == ChangeKind.REMOVE else number + 1
        rows.append([str(kind), line, *key, *(was if kind == ChangeKind.REMOVE else now)])
        if kind != ChangeKind.ADD:
            before.append([*key, *was])
    after_schema = {"change": pl.String(), "line": pl.UInt32(), **PERSON.schema}
    shuffled = draw(st.permutations(before))
    return Changes(
        PERSON,
        after=pl.DataFrame(rows, schema=after_schema, orient="row"),
        before=pl.DataFrame(shuffled, schema=PERSON.schema, orient="row"),
        unchanged=0,
        population=0,
    )


@given(some_changes())
@examples(60)
def test_it_names_the_fields_that_change(changes: Changes) -> None:
    before = in_order_of_changes(changes)
    index = change_index(changes, before)
    told = set(field_changes(changes).select("local_id", "field").iter_rows())
    for field in COLUMNS:
        marked = index.filter(changes_field(PERSON, field))["local_id"]
        assert set(marked) == {local_id for local_id, name in told if name == field}
    counts = index.select(field_counts(PERSON)).row(0, named=True)
    assert sum(counts.values()) == len(told)


@given(some_changes())
@examples(30)
def test_it_says_where_the_record_as_it_was_is(changes: Changes) -> None:
    before = in_order_of_changes(changes)
    index = change_index(changes, before)
    assert before.height == changes.before.height
    for local_id, place in index.select("local_id", "before").iter_rows():
        if place is not None:
            assert before["local_id"][place] == local_id
    added = changes.after["change"] == ChangeKind.ADD
    assert index["before"].is_null().to_list() == added.to_list()
