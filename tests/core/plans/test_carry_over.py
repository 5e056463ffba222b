"""Which rows of an earlier run may stay, and which must be decided with others."""

import polars as pl

from rollcall.core.files.lines import LINES_SCHEMA, find_lines
from rollcall.core.plans.carry_over import (
    Claims,
    decided_before,
    unmoved,
    without,
)

#: What an earlier run decided about lines 1 to 4.
ROWS = pl.DataFrame(
    {
        "line": [1, 2, 3, 4],
        "outcome": ["matched", "matched", "unmatched", "matched"],
        "rule": ["state_id", "name_birth_date", "unknown_state_id", "state_id"],
        "local_id": ["A", "B", None, "D"],
        "state_id": ["1", None, "3", "4"],
    },
    schema_overrides={"line": pl.UInt32},
)


def lines(text: str) -> pl.DataFrame:
    return find_lines(["\n".join(text).encode()], 0)


def carried(before: str, now: str) -> list[tuple[int, int]]:
    """(line now, line then) of the rows that may stay; each letter is a line."""
    rows = decided_before(lines(now), lines(before), ROWS, ["state_id"])
    return rows.select("line", "earlier_line").rows()


class TestDecidedBefore:
    def test_equal_lines_matched_by_one_of_the_rules_stay(self) -> None:
        assert carried("abcd", "abcd") == [(1, 1), (4, 4)]

    def test_they_get_the_numbers_of_this_file(self) -> None:
        assert carried("abcd", "dxya") == [(1, 4), (4, 1)]

    def test_a_line_that_either_file_has_twice_is_decided(self) -> None:
        assert carried("abcd", "aad") == [(3, 4)]
        assert carried("aacd", "ad") == [(2, 4)]

    def test_lines_that_are_no_text_are_decided(self) -> None:
        broken = pl.DataFrame(
            {"line": [1], "offset": [0], "mark": [None], "second_mark": [None], "foreign": [True]},
            schema=LINES_SCHEMA,
        )
        assert decided_before(broken, broken, ROWS, ["state_id"]).is_empty()


class TestWithout:
    def test_rows_whose_id_or_student_another_row_claims_are_decided_with_it(self) -> None:
        claims = Claims(ids=pl.Series(["4"]), local_ids=pl.Series(["A", None]))
        assert without(ROWS, claims, "state_id")["line"].to_list() == [2, 3]

    def test_no_claims_leave_all(self) -> None:
        none = pl.Series([], dtype=pl.String)
        assert without(ROWS, Claims(none, none), "state_id").height == 4


def test_a_touched_student_is_known_by_all_that_it_was_and_is() -> None:
    moved = pl.DataFrame(
        {"local_id": ["D2"], "local_id_before": ["D"], "id_before": ["3"], "id_after": ["1"]}
    )
    assert unmoved(ROWS, moved, "state_id")["line"].to_list() == [2]
