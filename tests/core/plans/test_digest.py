"""The digest in Polars; that the database computes the same one: tests/records/test_digest.py."""

import hashlib
from datetime import date

import polars as pl

from rollcall.core.plans.digest import SLICE, digest
from rollcall.core.plans.record_types import RecordType

CLUB = RecordType(
    name="club",
    title="Clubs",
    key={"code": pl.String()},
    columns={"founded": pl.Date(), "size": pl.Int16(), "name": pl.String()},
)


def clubs(*rows: tuple[str | None, date | None, int | None, str | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=CLUB.schema, orient="row")


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def test_a_digest_is_the_md5_of_the_values_joined_by_the_unit_separator() -> None:
    frame = clubs(("007", date(1970, 1, 11), 12, "Échecs"))
    assert digest(frame, CLUB).to_list() == [md5("007\x1f10\x1f12\x1fÉchecs")]


def test_no_value_counts_as_the_empty_text() -> None:
    frame = clubs(("1", None, None, None), ("1", None, None, ""))
    assert digest(frame, CLUB).to_list() == [md5("1\x1f\x1f\x1f")] * 2


def test_a_value_in_the_next_column_is_another_record() -> None:
    here, there = digest(clubs(("1", None, 1, None), ("1", None, None, "1")), CLUB)
    assert here != there


def test_column_order_and_further_columns_do_not_matter() -> None:
    frame = clubs(("1", date(2000, 2, 29), 3, "x"))
    turned = frame.select(reversed(frame.columns)).with_columns(line=pl.lit(9))
    assert digest(turned, CLUB).equals(digest(frame, CLUB))


def test_the_digests_are_in_the_order_of_the_rows_over_several_slices() -> None:
    codes = pl.DataFrame({"code": [str(i) for i in range(2 * SLICE + 1)]})
    frame = codes.with_columns(founded=None, size=None, name=None)
    digests = digest(frame, CLUB)
    assert digests.len() == frame.height
    assert digests[SLICE] == md5(f"{SLICE}\x1f\x1f\x1f")
    assert digests[2 * SLICE] == md5(f"{2 * SLICE}\x1f\x1f\x1f")


def test_no_records_no_digests() -> None:
    assert digest(clubs(), CLUB).dtype == pl.String
    assert digest(clubs(), CLUB).is_empty()
