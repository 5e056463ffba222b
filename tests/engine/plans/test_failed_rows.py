"""The rows that were not taken: byte for byte as they came, and safe to open in a spreadsheet."""

import csv
import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from tests.hostile_names import HOSTILE_NAMES
from tests.town import RowMaker, Town

from rollcall.core.files.file_names import is_plain
from rollcall.core.files.safe_cells import REPORT_COLUMNS
from rollcall.core.plans.plan import Outcome
from rollcall.engine.models import Run
from rollcall.engine.plans.failed_rows import failed_rows, safe_failed_rows
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


# The form for spreadsheets


def table_of(run: Run) -> list[list[str]]:
    (content,) = (b"".join(blocks) for blocks in safe_failed_rows(run).values())
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("header", [True, False])
def test_the_safe_form_has_what_is_wrong_beside_the_cells(
    town: Town, students: pl.DataFrame, table_a: RowMaker, newline: str, encoding: str, header: bool
) -> None:
    town.load({"students": students})
    failed = table_a(SSID="0000000009", LAST_NAME='"=García, José"')
    rows = [table_a(SSID="0000000001", LAST_NAME="Núñez"), failed, table_a(PLAN_TYPE="99")]
    head = [HEADER] if header else []
    town.drop("A.csv", newline.join([*head, *rows]).encode(encoding))
    run = town.run(test=True)
    assert list(safe_failed_rows(run)) == [f"TEST_A_failed_rows_of_run_{run.pk}_safe.csv"]
    names, *lines = table_of(run)
    assert tuple(names) == (*TABLE_A.names, *REPORT_COLUMNS)
    told = [dict(zip(names[-5:], line[-5:], strict=True)) for line in lines]
    assert [(one["OriginalLineNumber"], one["Outcome"]) for one in told] == [
        ("2", "unmatched"),
        ("3", "rejected"),
    ]
    assert lines[0][names.index("LAST_NAME")] == "'=García, José"
    assert told[0]["OriginalText"] == failed
    assert "PLAN_TYPE" in told[1]["Error"]
    assert all(one["Error"] and one["WhatToDo"] for one in told)


def test_corrected_in_the_safe_form_and_sent_again_the_rows_are_taken(
    town: Town, students: pl.DataFrame, table_a: RowMaker, tmp_path: Path
) -> None:
    town.load({"students": students})
    rows = [table_a(SSID="0000000001"), table_a(SSID="0000000003", PLAN_TYPE="99", FILLER="-x")]
    town.drop("A.csv", "\n".join(rows).encode())
    (content,) = (b"".join(blocks) for blocks in safe_failed_rows(town.run(test=True)).values())
    corrected = tmp_path / "corrected.csv"
    corrected.write_bytes(content.replace(b"99", b"10"))
    done = town.run(uploads={"students": corrected}, partial=True)
    assert (done.state, done.counts["students"]["matched"]) == ("done", 1)


def test_no_two_inputs_share_a_file_and_no_name_is_a_path(
    town: Town, students: pl.DataFrame, table_a: RowMaker, tmp_path: Path
) -> None:
    town.load({"students": students})
    files = {"students": table_a(PLAN_TYPE="99"), "services": ",,,0000000009,330,,,,"}
    uploads = {}
    for name, text in files.items():
        (tmp_path / name).mkdir()
        uploads[name] = tmp_path / name / "same.csv"
        uploads[name].write_text(text)
    run = town.run(uploads=uploads, test=True)
    names = [*failed_rows(run), *safe_failed_rows(run)]
    assert len(set(names)) == 4
    assert all(is_plain(name) for name in names)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_whatever_the_file_was_called_the_names_are_plain(
    town: Town, students: pl.DataFrame, table_a: RowMaker, name: str
) -> None:
    town.load({"students": students})
    town.drop("A.csv", table_a(PLAN_TYPE="99").encode())
    run = town.run(test=True)
    stored = run.artifacts.get(kind="input")
    stored.source = {"upload": name.replace("\0", "")}  # as runs before this one have it
    stored.save()
    assert all(is_plain(one) for one in (*failed_rows(run), *safe_failed_rows(run)))
