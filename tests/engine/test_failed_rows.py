"""The rows that were not taken, byte for byte as they came."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from tests.town import RowMaker, Town

from rollcall.core.plan import Outcome
from rollcall.engine.failed_rows import failed_rows
from rollcall.engine.models import Run
from rollcall.integrations.casemis.layout import TABLE_A

HEADER = ",".join(TABLE_A.names)


def files_of(run: Run) -> dict[str, bytes]:
    return {name: b"".join(blocks) for name, blocks in failed_rows(run).items()}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("header", [True, False])
def test_header_order_quotes_encoding_and_line_ends_are_the_files_own(
    town: Town, students: pl.DataFrame, table_a: RowMaker, newline: str, encoding: str, header: bool
) -> None:
    town.load({"students": students})
    failed = table_a(SSID="0000000009", LAST_NAME='"García, José"')
    good = table_a(SSID="0000000001", LAST_NAME="Núñez")
    head = [HEADER] if header else []
    text = newline.join([*head, good, failed, good.replace("0001", "0003"), failed])
    town.drop("A.csv", text.encode(encoding))
    run = town.run()
    mark = b"\xef\xbb\xbf" if encoding == "utf-8-sig" else b""
    plain = "utf-8" if encoding == "utf-8-sig" else encoding
    wanted = newline.join([*head, failed, failed, ""])
    assert files_of(run) == {f"A_failed_rows_of_run_{run.pk}.csv": mark + wanted.encode(plain)}


def test_a_run_that_took_every_row_gives_no_file(
    town: Town, students: pl.DataFrame, table_a: RowMaker
) -> None:
    town.load({"students": students})
    town.drop("A.csv", table_a(SSID="0000000001").encode())
    assert files_of(town.run()) == {}


def test_only_some_outcomes_may_be_asked_for(
    town: Town, students: pl.DataFrame, table_a: RowMaker
) -> None:
    town.load({"students": students})
    rows = [table_a(SSID="0000000001"), table_a(PLAN_TYPE="99"), table_a(SSID="0000000009")]
    town.drop("A.csv", "\n".join(rows).encode())
    files = failed_rows(town.run(), [Outcome.UNMATCHED])
    assert b"".join(next(iter(files.values()))).decode() == rows[2] + "\n"


def test_those_of_a_test_run_are_marked(
    town: Town, students: pl.DataFrame, table_a: RowMaker
) -> None:
    town.load({"students": students})
    rows = [table_a(SSID="0000000001"), table_a(SSID="0000000009")]
    town.drop("A.csv", "\n".join(rows).encode())
    assert next(iter(files_of(town.run(test=True)))).startswith("TEST_A_")


@given(picked=st.lists(st.sampled_from(["good", "bad", "broken", "blank"]), max_size=8))
@examples(max_examples=5, deadline=None)
def test_they_are_the_failed_lines_in_their_order(
    town_of_five: tuple[Town, RowMaker], picked: list[str]
) -> None:
    town, table_a = town_of_five
    good = iter(table_a(SSID=f"000000000{n}") for n in range(1, 10))
    kinds = {"bad": table_a(PLAN_TYPE="99"), "broken": 'a,"b', "blank": ""}
    lines = [next(good), *(kinds.get(kind) or next(good, "") for kind in picked if kind != "blank")]
    text = [line for one, kind in zip(lines, ["good", *picked], strict=False) for line in (
        ["", one] if kind == "blank" else [one])]  # fmt: skip
    town.drop("A.csv", "\n".join(text).encode())
    run = town.run(test=True)
    known = [table_a(SSID=f"000000000{n}") for n in range(1, 6)]
    failed = [line for line in text if line and line not in known]
    content = b"".join(files_of(run).values()).decode()
    assert content == "".join(f"{line}\n" for line in failed)
