"""Header or none, which column is which, and files that are something else."""

from typing import Any

import pytest
from tests.core.small_layout import GOOD, HEADER, NAMED, SMALL, read

from rollcall.core.files.layouts import Field, Kind, Layout
from rollcall.core.files.read import UnreadableInput


def stop(text: str | bytes, layout: Layout = SMALL, **options: Any) -> tuple[str, str]:
    with pytest.raises(UnreadableInput) as stopped:
        read(text, layout, **options)
    return stopped.value.code, stopped.value.detail


@pytest.mark.parametrize(
    "header", [HEADER, HEADER.lower(), HEADER.replace(",", '","'), f" {HEADER}"]
)
def test_a_header_is_recognized_by_its_first_name(header: str) -> None:
    text = f'"{header.strip()}"\n' if '"' in header else header
    table = read(text + GOOD)
    assert table.read == 1
    assert table.form.header is not None


def test_a_file_without_header_is_read_by_position() -> None:
    table = read(GOOD + GOOD)
    assert (table.read, table.form.header, table.form.offset) == (2, None, 0)


def test_header_columns_may_come_in_any_order() -> None:
    table = read("SSID,GENDER,REPT_DATE,IN_REGCLS,FILLER,LAST_NAME\n1000000001,F,,80,x,Garcia\n")
    assert table.rows.columns == ["line", "rept_date", "last_name", "ssid", "gender", "in_regcls"]
    assert table.rows.row(0)[2:] == ("Garcia", "1000000001", "F", 80)


def test_repeated_names_are_matched_in_order() -> None:
    fields = [Field("ID", "id", Kind.TEXT)]
    fields += [Field("FILLER", column, Kind.FILLER) for column in ("first", None, "third")]
    table = read("filler,ID,FILLER,FILLER\na,1,b,c\n", Layout("l", "L", tuple(fields)))
    assert table.rows.row(0) == (1, "1", "a", "c")


def test_a_header_with_missing_and_unknown_names_stops() -> None:
    code, detail = stop(HEADER.replace("GENDER", "SEX") + GOOD)
    assert (code, detail) == ("file.header", "missing: GENDER; unknown or twice: SEX")


def test_a_header_with_other_names_altogether_is_no_record() -> None:
    assert stop("Report Date,Last,State Id,Sex,,Percent\n" + GOOD)[0] == "file.header"


@pytest.mark.parametrize(
    "first", ["Report,Maria,x,F,,y\n", "12/01/2016,Garcia,x,x,,x\n", ",,,,,\n"]
)
def test_a_bad_first_record_is_no_header(first: str) -> None:
    assert read(first + GOOD).read == 2


def test_a_row_of_text_is_no_header_where_every_field_is_text() -> None:
    layout = Layout("t", "T", tuple(Field(n, n, Kind.TEXT) for n in ("last", "first", "middle")))
    assert read("Garcia,Maria,Ana\nLopez,Jose,Luis\n", layout).read == 2


def test_a_header_can_be_claimed_and_denied() -> None:
    code, detail = stop(GOOD + GOOD, header="yes")
    assert code == "file.header"
    assert "Garcia" not in detail
    assert read(HEADER + GOOD, header="no").rejected["line"].to_list() == [1]


def test_a_header_with_a_wrong_quote_stops() -> None:
    assert stop(HEADER.replace("GENDER", '"GENDER') + GOOD)[0] == "file.header"


def test_a_header_longer_than_what_is_looked_at_stops() -> None:
    assert stop("REPT_DATE," + "x" * (1 << 20) + "\n" + GOOD)[0] == "file.header"


@pytest.mark.parametrize(
    ("delimiter", "name"), [("\t", "tabs"), (";", "semicolons"), ("|", "bars")]
)
@pytest.mark.parametrize("text", [HEADER + GOOD, GOOD * 3])
def test_another_delimiter_stops_with_its_name(delimiter: str, name: str, text: str) -> None:
    code, detail = stop(text.replace(",", delimiter))
    assert code == "file.delimiter"
    assert name in detail


def test_lines_with_another_delimiter_are_only_rejected_beside_one_with_commas() -> None:
    assert read(GOOD.replace(",", ";") * 3 + GOOD).rejected["line"].to_list() == [1, 2, 3]


def test_other_delimiters_are_told_by_names_too() -> None:
    assert stop("local_id;grade\na1;01\n", NAMED) == ("file.delimiter", "semicolons found")


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xff\xfeR\0", b"\xfe\xff\0R"])
def test_a_spreadsheet_or_utf16_is_named(start: bytes) -> None:
    assert stop(start + GOOD.encode())[0] == "file.not_text"


def test_by_name_a_required_field_must_be_there_once() -> None:
    assert stop("grade,birth_date\n01,2001-01-02\n", NAMED) == ("file.header", "missing: local_id")
    assert stop("local_id,grade,GRADE\na,01,02\n", NAMED) == (
        "file.header",
        "unknown or twice: GRADE",
    )


def test_by_name_a_file_without_header_stops_and_shows_no_record() -> None:
    code, detail = stop("a1,Garcia,2001-01-02\n", NAMED)
    assert code == "file.header"
    assert "Garcia" not in detail
