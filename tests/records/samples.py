"""Record types with any values, for property tests."""

from datetime import date
from typing import Any

import polars as pl
from hypothesis import HealthCheck
from hypothesis import strategies as st
from tests.examples import examples

from rollcall.core.plans.plan import ChangeKind, Changes
from rollcall.core.plans.record_types import RecordType
from rollcall.integrations.casemis.integration import SERVICE, SPECIAL_EDUCATION
from rollcall.records.types import NULLABLE, STUDENT

#: For tests whose every example takes back what it did in the database (`database.unmade`).
EXAMPLES = examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
# Anything PostgreSQL can hold in a text: all of Unicode but NUL and half a surrogate pair.
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12
) | st.sampled_from(["", "007", "NULL", "\\N", '"', 'a"b', "a,b", "\r\n", " x ", "\\.", "é"])
DATES = st.dates(date(1900, 1, 1), date(2100, 12, 31))
SMALL = st.integers(-(2**15), 2**15 - 1)
_VALUES = {pl.String(): TEXTS, pl.Date(): DATES, pl.Int16(): SMALL}
#: Types a student's record comes in: one key column, several with empty parts, and the student.
SAMPLED = (STUDENT, SPECIAL_EDUCATION, SERVICE)
IDS = [f"{n:06}" for n in range(6)]


def values(record: RecordType, name: str) -> st.SearchStrategy[Any]:
    """Values of a column as the database takes them."""
    if name == "local_id":
        return st.sampled_from(IDS)
    some = _VALUES[record.schema[name]]
    if name in record.key:
        some = st.sampled_from([1, 2]) if name == "occurrence" else st.sampled_from(["330", "x"])
        return st.none() | some if name in NULLABLE[record.name] else some
    return st.none() | some


@st.composite
def frames(draw: st.DrawFn, record: RecordType, max_size: int = 5) -> pl.DataFrame:
    """Some records, each with a key of its own."""
    row = st.fixed_dictionaries({name: values(record, name) for name in record.schema})
    keys = list(record.key)
    rows = draw(st.lists(row, max_size=max_size, unique_by=lambda r: tuple(r[k] for k in keys)))
    return pl.DataFrame(rows, schema=record.schema)


def changes_between(record: RecordType, now: pl.DataFrame, then: pl.DataFrame) -> Changes:
    """The changes that make `now` into `then`, compared plainly."""
    keys = list(record.key)

    def only(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
        return left.join(right, on=keys, how="anti", nulls_equal=True)

    def of(kind: ChangeKind, rows: pl.DataFrame) -> pl.DataFrame:
        change, line = pl.lit(kind.value).alias("change"), pl.lit(None, pl.UInt32()).alias("line")
        return rows.select(change, line, *record.schema)

    added, removed = only(then, now), only(now, then)
    both = then.join(now, on=keys, how="semi", nulls_equal=True)
    updated = both.join(now, on=list(record.schema), how="anti", nulls_equal=True)
    before = now.join(updated, on=keys, how="semi", nulls_equal=True)
    after = [
        of(ChangeKind.ADD, added),
        of(ChangeKind.UPDATE, updated),
        of(ChangeKind.REMOVE, removed),
    ]
    return Changes(
        record=record,
        after=pl.concat(after),
        before=pl.concat([before, removed]),
        unchanged=both.height - updated.height,
        population=now.height,
    )
