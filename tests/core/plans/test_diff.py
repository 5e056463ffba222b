"""The diff: equal to a plain reference, and applying it gives exactly what was wanted."""

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.examples import examples

from rollcall.core.plans.diff import diff, field_changes, to_read
from rollcall.core.plans.digest import digest
from rollcall.core.plans.plan import ChangeKind, Changes, Wanted
from rollcall.core.plans.record_types import RecordType

PLAN = RecordType(
    "plan",
    "Plans",
    {"who": pl.String(), "year": pl.String(), "place": pl.String()},
    {"grade": pl.String(), "since": pl.Date(), "hours": pl.Int16(), "part": pl.String()},
)
KEY, COLUMNS = tuple(PLAN.key), tuple(PLAN.columns)
KEPT = pl.List(pl.String())
DAY = date(2016, 8, 22)

Record = dict[str, Any]


def table(records: list[Record], extra: dict[str, pl.DataType] | None = None) -> pl.DataFrame:
    return pl.DataFrame(records, schema={**PLAN.schema, **(extra or {})})


def keys_of(stored: pl.DataFrame, *keep: str) -> pl.DataFrame:
    return stored.with_columns(digest(stored, PLAN).alias("digest")).select(*KEY, "digest", *keep)


def target(records: list[Record], **options: Any) -> Wanted:
    lined = [{"line": line, "kept": [], **record} for line, record in enumerate(records, 1)]
    return Wanted(PLAN, table(lined, {"line": pl.UInt32(), "kept": KEPT}), **options)


def decide(wanted: Wanted, stored: list[Record]) -> Changes:
    """The changes, having read no more of the stored records than was asked for."""
    held = table(stored)
    keys = keys_of(held, *wanted.keep_blank)
    current = held.join(to_read(wanted, keys), on=KEY, how="semi", nulls_equal=True)
    return diff(wanted, keys, current)


def record(who: str, **values: Any) -> Record:
    return {"who": who, "year": "2016-2017", "place": None, **dict.fromkeys(COLUMNS), **values}


def kinds(changes: Changes) -> list[tuple[str, str]]:
    return changes.after.select("change", "who").rows()


def test_new_changed_and_equal_records() -> None:
    stored = [record("a", grade="01"), record("b", grade="01")]
    wanted = target([record("b", grade="02"), record("a", grade="01"), record("c", since=DAY)])
    changes = decide(wanted, stored)
    assert kinds(changes) == [("update", "b"), ("add", "c")]
    assert (changes.unchanged, changes.population) == (1, 2)
    assert changes.before.select("who", "grade").rows() == [("b", "01")]
    assert [changes.count(kind) for kind in ChangeKind] == [1, 1, 0, 0, 1]


def test_equal_records_are_not_read() -> None:
    stored = table([record("a", grade="01"), record("b", grade="01")])
    wanted = target([record("a", grade="01"), record("b", grade=None)])
    assert to_read(wanted, keys_of(stored))["who"].to_list() == ["b"]


def test_a_blank_keeps_a_stored_value_where_a_blank_says_nothing() -> None:
    stored = [record("a", part="by hand", grade="01")]
    held = keys_of(table(stored), "part")
    same = target([record("a", grade="01")], keep_blank=("part",))
    assert to_read(same, held).is_empty()
    assert decide(same, stored).unchanged == 1
    other = decide(target([record("a", grade="02")], keep_blank=("part",)), stored)
    assert other.after.select("grade", "part").rows() == [("02", "by hand")]
    filled = decide(target([record("a", grade="01", part="x")], keep_blank=("part",)), stored)
    assert filled.after["part"].to_list() == ["x"]
    assert decide(same, []).after["part"].to_list() == [None]


def test_a_column_without_any_value_need_not_be_read() -> None:
    stored = [record("a", grade="01"), record("b", grade="01")]
    wanted = target(
        [record("a", grade="01"), record("b", grade="01", part="x")], keep_blank=("part",)
    )
    for held in (keys_of(table(stored)), keys_of(table(stored), "part")):
        assert to_read(wanted, held)["who"].to_list() == ["b"]


def test_an_unreadable_field_keeps_its_stored_value_and_is_empty_in_a_new_record() -> None:
    row = record("a", grade="02", hours=7) | {"kept": ["hours", "birth_date"]}
    assert decide(target([row]), [record("a", grade="02", hours=3)]).unchanged == 1
    changes = decide(target([row]), [record("a", grade="01", hours=3)])
    assert changes.after.select("grade", "hours").rows() == [("02", 3)]
    assert decide(target([row]), []).after["hours"].to_list() == [None]


def scope(*who: str) -> pl.DataFrame:
    return pl.DataFrame({"who": list(who), "year": ["2016-2017"] * len(who)})


def test_records_in_the_scope_that_nobody_wants_are_removed() -> None:
    stored = [record("a", place="x"), record("a", place="y"), record("b", place="x")]
    changes = decide(target([record("a", place="y")], scope=scope("a")), stored)
    assert changes.after.select("change", "line", "who", "place").rows() == [
        ("remove", None, "a", "x")
    ]
    assert changes.before["place"].to_list() == ["x"]


def test_nothing_is_removed_without_a_scope_nor_under_a_shield() -> None:
    stored = [record("a", place="x"), record("b", place="x")]
    assert decide(target([]), stored).after.is_empty()
    shielded = pl.DataFrame({"who": ["a"]})
    changes = decide(target([], scope=scope("a", "b"), shielded=shielded), stored)
    assert kinds(changes) == [("remove", "b")]


def test_another_year_is_outside_the_scope() -> None:
    stored = [record("a", place="x") | {"year": "2015-2016"}]
    assert decide(target([], scope=scope("a")), stored).after.is_empty()


def test_changes_are_measured_by_the_records_of_the_years_in_question() -> None:
    yearly = RecordType("y", "Y", {"who": pl.String(), "school_year": pl.String()}, {})
    stored = pl.DataFrame({"who": ["a", "b", "b"], "school_year": ["2016", "2016", "2015"]})
    keys = stored.with_columns(digest(stored, yearly).alias("digest"))
    rows = stored.head(1).with_columns(line=pl.lit(1, pl.UInt32))
    assert diff(Wanted(yearly, rows), keys, stored.clear()).population == 2
    assert diff(Wanted(yearly, rows.clear()), keys, stored.clear()).population == 3


def test_a_stamp_confirms_unchanged_records_too() -> None:
    changes = decide(target([record("a")], stamp=True), [record("a")])
    assert changes.stamp is not None
    assert changes.stamp["who"].to_list() == ["a"]
    assert decide(target([record("a")]), []).stamp is None


def test_a_key_wanted_twice_is_a_bug() -> None:
    with pytest.raises(ValueError, match="wanted twice"):
        decide(target([record("a"), record("a")]), [])


def test_reading_more_than_was_asked_for_makes_no_difference() -> None:
    stored = table([record("a", grade="01"), record("b"), record("c")])
    wanted = target([record("a", grade="01"), record("b", hours=1)], scope=scope("a", "b", "c"))
    changes = diff(wanted, keys_of(stored), stored)
    assert kinds(changes) == [("update", "b"), ("remove", "c")]
    assert changes.unchanged == 1


def test_field_changes_say_before_and_after() -> None:
    stored = [record("a", grade="01", since=DAY), record("b", hours=5)]
    wanted = target(
        [record("a", grade="02", since=DAY), record("c", hours=1)], scope=scope("a", "b", "c")
    )
    changes = decide(wanted, stored)
    told = field_changes(changes).select("change", "line", "who", "field", "before", "after")
    assert told.rows() == [
        ("update", 1, "a", "grade", "01", "02"),
        ("add", 2, "c", "hours", None, "1"),
        ("remove", None, "b", "hours", "5", None),
    ]


# The reference: the same decision with dicts, one record at a time.


def plain(
    rows: list[Record], stored: list[Record], keep_blank: tuple[str, ...], inside: Any
) -> tuple[dict[Any, tuple[str, Record]], int]:
    held = {tuple(r[name] for name in KEY): r for r in stored}
    changes, unchanged, wanted = {}, 0, set()
    for row in rows:
        key = tuple(row[name] for name in KEY)
        wanted.add(key)
        before = held.get(key, dict.fromkeys(COLUMNS))
        after = {name: row[name] for name in COLUMNS}
        for name in COLUMNS:
            if name in row["kept"] or (name in keep_blank and row[name] is None):
                after[name] = before[name]
        if key in held and after == {name: before[name] for name in COLUMNS}:
            unchanged += 1
        else:
            changes[key] = ("update" if key in held else "add", after)
    for key in held.keys() - wanted:
        if inside is not None and key[0] in inside[0] and key[0] not in inside[1]:
            changes[key] = ("remove", {name: held[key][name] for name in COLUMNS})
    return changes, unchanged


WHO = st.sampled_from("abc")
RECORD = st.fixed_dictionaries(
    {
        "who": WHO,
        "year": st.just("2016-2017"),
        "place": st.sampled_from([None, "x"]),
        "grade": st.sampled_from([None, "01", "02"]),
        "since": st.sampled_from([None, DAY]),
        "hours": st.sampled_from([None, 0, 1]),
        "part": st.sampled_from([None, "p", "q"]),
    }
)
BY_KEY: Any = {"unique_by": lambda r: (r["who"], r["place"]), "max_size": 6}
STORED: Any = st.lists(RECORD, **BY_KEY)
ROWS: Any = st.lists(
    st.builds(
        lambda r, kept: {**r, "kept": kept},
        RECORD,
        st.lists(st.sampled_from(["grade", "hours", "part", "elsewhere"]), max_size=2, unique=True),
    ),
    **BY_KEY,
)
INSIDE = st.none() | st.tuples(st.sets(WHO), st.sets(WHO))


def options(keep_blank: tuple[str, ...], inside: Any) -> dict[str, Any]:
    if inside is None:
        return {"keep_blank": keep_blank}
    shielded = pl.DataFrame({"who": sorted(inside[1])}, schema={"who": pl.String()})
    frame = pl.DataFrame({"who": sorted(inside[0])}, schema={"who": pl.String()})
    return {
        "keep_blank": keep_blank,
        "scope": frame.with_columns(year=pl.lit("2016-2017")),
        "shielded": shielded,
    }


def applied(stored: list[Record], changes: Changes) -> list[Record]:
    """The stored records after the changes, as the database would have them."""
    held = {tuple(r[name] for name in KEY): r for r in stored}
    for row in changes.after.iter_rows(named=True):
        key = tuple(row[name] for name in KEY)
        if row["change"] == "remove":
            del held[key]
        else:
            held[key] = {name: row[name] for name in PLAN.schema}
    return list(held.values())


@examples(100)
@given(ROWS, STORED, st.sampled_from([(), ("part",), ("part", "hours")]), INSIDE, st.randoms())
def test_diff_agrees_with_the_reference_and_settles(
    rows: Any, stored: Any, keep_blank: Any, inside: Any, random: Any
) -> None:
    given_options = options(keep_blank, inside)
    changes = decide(target(rows, **given_options), stored)
    expected, unchanged = plain(rows, stored, keep_blank, inside)
    got = {
        tuple(r[name] for name in KEY): (r["change"], {name: r[name] for name in COLUMNS})
        for r in changes.after.iter_rows(named=True)
    }
    assert got == expected
    assert changes.unchanged == unchanged

    shuffled = random.sample(stored, len(stored))
    wanted = target(rows, **given_options)
    frame = wanted.frame[random.sample(range(len(rows)), len(rows))]
    again = decide(replace(wanted, frame=frame), shuffled)
    assert again.after.equals(changes.after)
    assert again.before.equals(changes.before)

    after = applied(stored, changes)
    settled = decide(target(rows, **given_options), after)
    assert settled.after.is_empty()
    assert settled.unchanged == len(rows)
