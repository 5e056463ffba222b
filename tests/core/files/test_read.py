"""Reading a file: what is a record, what rejects it, and that it alone is rejected."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.core.small_layout import GOOD, HEADER, NAMED, SMALL, codes, found, read

from rollcall.core.files import read as reading
from rollcall.core.files.layouts import (
    BadField,
    Field,
    Kind,
    Layout,
    ReadOptions,
)
from rollcall.core.files.prescan import Scan, prescan
from rollcall.core.files.read import (
    UnreadableInput,
    _by_hand,
    _by_polars,
    _trimmed,
    read_table,
    record_text,
)
from rollcall.core.files.safe_cells import REPORT_COLUMNS
from rollcall.core.files.structure import Judged, judge
from rollcall.core.files.tables import Table


def names(table: Table) -> list[str | None]:
    return table.rows["last_name"].to_list()


def stop(text: str | bytes, **options: Any) -> tuple[str, str]:
    with pytest.raises(UnreadableInput) as stopped:
        read(text, **options)
    return stopped.value.code, stopped.value.detail


def test_a_row_is_typed_by_its_layout() -> None:
    table = read(HEADER + GOOD)
    assert table.rows.rows(named=True) == [
        {
            "line": 1,
            "rept_date": date(2016, 12, 1),
            "last_name": "Garcia",
            "ssid": "1000000001",
            "gender": "F",
            "in_regcls": 80,
        }
    ]
    assert table.rows.schema == {
        "line": pl.UInt32,
        "rept_date": pl.Date,
        "last_name": pl.String,
        "ssid": pl.String,
        "gender": pl.Enum(["F", "M"]),
        "in_regcls": pl.Int16,
    }
    assert (table.read, table.findings.height, table.form.encoding) == (1, 0, "utf-8")


def test_empty_cells_are_null_quoted_or_not() -> None:
    table = read(',"", ,"  ",,\n' + GOOD)
    assert table.rows.row(0) == (1, None, None, None, None, None)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_ends_in_lf_crlf_or_a_lone_cr(end: str) -> None:
    text = (HEADER + GOOD + GOOD).replace("\n", end)
    table = read(text)
    assert (table.read, names(table)) == (2, ["Garcia", "Garcia"])
    offset = table.offsets[1]
    assert record_text(text.encode()[offset:], table.form) == GOOD.strip()


def test_the_last_line_needs_no_line_end() -> None:
    assert read((HEADER + GOOD).rstrip("\n")).rows["in_regcls"].to_list() == [80]
    assert read((HEADER + GOOD).rstrip("\n") + "\r").rows["in_regcls"].to_list() == [80]


def test_blank_lines_are_not_records_and_not_numbered() -> None:
    table = read("\n" + HEADER + "\n  \t\n" + GOOD + "\r\n" + GOOD + "\n\n")
    assert table.rows["line"].to_list() == [1, 2]
    text = "\n" + HEADER + "\n  \t\n"
    assert table.offsets.to_list() == [len(text), len(text + GOOD + "\r\n")]


def test_a_row_of_commas_is_a_record() -> None:
    assert read(GOOD + ",,,,,\n").rows["line"].to_list() == [1, 2]


def test_quotes_may_hold_commas_and_doubled_quotes() -> None:
    table = read('12/01/2016,"O""Neil, Jr",1000000001,"F",,80\n')
    assert names(table) == ['O"Neil, Jr']


def test_spaces_around_values_and_quotes_are_no_part_of_them() -> None:
    table = read(' 12/01/2016 ,  " Garcia " , 1000000001\t,F,, 80 \n')
    assert names(table) == ["Garcia"]
    assert table.rows["in_regcls"].to_list() == [80]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('12/01/2016,Gar"cia,1000000002,F,,80', "row.quote"),
        ('12/01/2016,"Gar"cia,1000000002,F,,80', "row.quote"),
        ('12/01/2016,"Garcia,1000000002,F,,80', "row.unclosed_quote"),
        ('12/01/2016,Garcia,1000000002,F,,"80', "row.unclosed_quote"),
        ("12/01/2016,Garcia,1000000002,F,80", "row.column_count"),
        ("12/01/2016,Garcia,1000000002,F,,80,", "row.column_count"),
        ("12/01/2016,Gar\0cia,1000000002,F,,80", "row.control_character"),
        ("12/01/2016,Gar\x7fcia,1000000002,F,,80", "row.control_character"),
        ("12/01/2016,Gar\rcia,1000000002,F,,80", "row.control_character"),
        ("12/01/2016,Garc\udcedia\u00ed,1000000002,F,,80", "row.undecodable"),
    ],
)
@pytest.mark.parametrize("quoted", [False, True])
def test_an_unreadable_line_is_rejected_alone(line: str, code: str, quoted: bool) -> None:
    good = '"' + GOOD.strip().replace(",", '","') + '"\n' if quoted else GOOD
    data = (good * 3 + line + "\n" + good * 3).encode("utf-8", "surrogateescape")
    table = read(data)
    assert table.rows["line"].to_list() == [1, 2, 3, 5, 6, 7]
    assert found(table) == [(4, None, code)]
    assert table.rejected.rows() == [(4, "1000000002")]


def test_a_line_break_inside_quotes_costs_its_two_lines_only() -> None:
    table = read(GOOD + '12/01/2016,"Gar\ncia",1000000001,F,,80\n' + GOOD)
    assert table.rows["line"].to_list() == [1, 4]
    assert set(codes(table)) == {2, 3}


def test_a_wrong_count_says_both_numbers() -> None:
    table = read(GOOD + "a,b\n" + GOOD)
    assert table.findings["detail"].to_list() == ["6 expected, 2 found"]


def test_an_id_that_could_be_two_cells_is_not_guessed() -> None:
    table = read(GOOD + "1000000001,1000000002\n" + "x1000000003\n" + GOOD)
    assert table.rejected["id"].to_list() == [None, None]


def test_utf8_with_a_byte_order_mark() -> None:
    table = read(b"\xef\xbb\xbf" + (HEADER + GOOD.replace("Garcia", "Nuñez")).encode())
    assert names(table) == ["Nuñez"]
    assert table.form.header == tuple(HEADER.strip().split(","))
    assert table.form.offset == table.offsets[0] == 3 + len(HEADER)


def test_windows_1252_is_recognized_and_its_rows_stay_in_order() -> None:
    text = HEADER + GOOD + GOOD.replace("Garcia", "Nuñez") + GOOD + GOOD.replace("Garcia", "Peña")
    table = read(text.encode("cp1252"))
    assert (names(table), table.form.encoding) == (["Garcia", "Nuñez", "Garcia", "Peña"], "cp1252")
    assert table.rows["line"].to_list() == [1, 2, 3, 4]
    where = table.offsets[1]
    assert "Nuñez" in record_text(text.encode("cp1252")[where:], table.form)


def test_one_good_utf8_line_makes_the_file_utf8() -> None:
    bad, good = GOOD.replace("Garcia", "Nu\udcf1ez"), GOOD.replace("Garcia", "Peña")
    table = read((bad + good + bad).encode("utf-8", "surrogateescape"))
    assert names(table) == ["Peña"]
    assert codes(table) == {1: "row.undecodable", 3: "row.undecodable"}


@pytest.mark.parametrize("bytes_in_name", [b"\xff", b"\x81", b"A \xd7 B", b"\xf1", b"12\xf112"])
def test_bytes_that_no_name_holds_are_not_taken_for_windows_1252(bytes_in_name: bytes) -> None:
    data = GOOD.encode() + GOOD.encode().replace(b"Garcia", bytes_in_name)
    assert codes(read(data)) == {2: "row.undecodable"}


def test_a_configured_encoding_is_kept() -> None:
    data = GOOD.replace("Garcia", "Nuñez").encode()
    assert names(read(data, encoding="cp1252")) == ["NuÃ±ez"]
    assert codes(read(GOOD.encode() + data.replace(b"\xc3", b""), encoding="utf-8")) == {
        2: "row.undecodable"
    }


def test_a_field_rejects_its_row_with_one_finding_each() -> None:
    table = read(GOOD + "02/30/2016,Garcia,123,X,,0\n")
    assert found(table) == [
        (2, "REPT_DATE", "field.date"),
        (2, "SSID", "field.digits"),
        (2, "GENDER", "field.code"),
        (2, "IN_REGCLS", "field.integer"),
    ]
    assert table.rejected.rows() == [(2, None)]
    assert table.read == 2


def test_a_rejected_row_keeps_its_good_id() -> None:
    table = read(GOOD + GOOD.replace("F", "X"))
    assert table.rejected.rows() == [(2, "1000000001")]


def test_a_bad_field_can_be_left_as_it_was_but_never_the_id() -> None:
    bad = "02/30/2016,Garcia,1000000001,X,,80\n"
    table = read(GOOD + bad + bad.replace("1000000001", "12"), bad_field=BadField.KEEP)
    assert table.rows["kept"].to_list() == [[], ["rept_date", "gender"]]
    assert table.rows["rept_date"].to_list() == [date(2016, 12, 1), None]
    assert table.rejected["line"].to_list() == [3]
    assert table.findings.height == 5


@pytest.mark.parametrize("text", ["", "\n \n\r\n", HEADER, "\ufeff", "\ufeff" + HEADER])
def test_an_empty_file_stops(text: str) -> None:
    assert stop(text)[0] == "file.empty"


def test_a_file_without_one_readable_line_stops_and_says_why() -> None:
    code, detail = stop("a,b,c\nd,e,f\ng,h\n")
    assert code == "file.unreadable"
    assert detail == "3 records, 2 of them with 3 columns; 6 expected"


def test_the_stop_carries_its_finding() -> None:
    with pytest.raises(UnreadableInput) as stopped:
        read("")
    assert stopped.value.findings.select("input", "line", "code").rows() == [
        ("students", None, "file.empty")
    ]


def test_a_corrected_report_is_read_without_its_additions() -> None:
    header = HEADER.strip() + "," + ",".join(REPORT_COLUMNS) + "\n"
    row = '12/01/2016,\'-Garcia,1000000001,F,,80,7,rejected,"A, b",Fix it,"x,""y"""\n'
    table = read(header + row)
    assert names(table) == ["-Garcia"]
    assert read(HEADER + row[: row.index(",7")] + "\n").rows["last_name"].to_list() == ["'-Garcia"]


def test_a_layout_by_name_takes_columns_in_any_order() -> None:
    table = read("Shoe,LOCAL_ID,grade\n9,a1,01\n8,a2,09\n", NAMED)
    assert table.rows.rows() == [(1, "a1", "01"), (2, "a2", "09")]
    assert table.rows.columns == ["line", "local_id", "grade"]
    assert found(table) == [(2, "grade", "field.unknown_code")]


def test_an_empty_required_value_rejects_its_row_whatever_the_setting() -> None:
    table = read("local_id,grade\n,01\na2,02\n", NAMED, bad_field=BadField.KEEP)
    assert found(table) == [(1, "local_id", "field.required")]
    assert table.rejected["line"].to_list() == [1]


def test_progress_counts_the_records() -> None:
    data = (GOOD * 100).encode()
    blocks = [data[i : i + 500] for i in range(0, len(data), 500)]
    seen: list[int] = []
    read_table(
        blocks,
        SMALL,
        ReadOptions(),
        input="students",
        progress=seen.append,
        chunk_size=1000,
    )
    assert seen[-1] == 100
    assert seen == sorted(seen)


def _field(n: int) -> Field:
    kind = (Kind.DIGITS, Kind.CODE, Kind.FILLER, Kind.DATE, Kind.TEXT)[n % 5]
    return Field(f"F{n}", f"f{n}", kind, width=10, codes=("F", "M"))


WIDE = Layout("wide", "As wide as Table A", tuple(_field(n) for n in range(67)))


@pytest.mark.parametrize("quoted", [False, True])
def test_a_wide_file_loses_exactly_its_bad_lines(quoted: bool) -> None:
    good = [("1000000001", "F", "", "12/01/2016", "Garcia")[n % 5] for n in range(67)]
    bad = {
        "row.column_count": good[1:],
        "row.quote": ['a"b', *good[1:]],
        "row.unclosed_quote": [*good[:-1], '"x'],
        "row.control_character": ["\0", *good[1:]],
        "row.undecodable": ["\udcff", *good[1:]],
        "field.date": [*good[:3], "13/13/2016", *good[4:]],
    }
    whole = '"' + '","'.join(good) + '"' if quoted else ",".join(good)
    lines = [whole] * 1200
    for place, cells in enumerate(bad.values()):
        lines[place * 200 + 7] = ",".join(cells)
    data = "\r\n".join(lines).encode("utf-8", "surrogateescape")
    table = read(data, WIDE, chunk_size=20_000)
    assert codes(table) == {place * 200 + 8: code for place, code in enumerate(bad)}
    assert (table.rows.height, table.rejected.height) == (1194, 6)
    assert table.rows.drop("line").n_unique() == 1


def test_the_slow_way_reads_the_same_cells_as_polars() -> None:
    text = 'a,"b,c",\n"","d ""e""",ñ\n'.encode()
    fast = _by_polars(text, 3, [0, 1, 2], quoted=True)
    assert fast is not None
    assert_frame_equal(fast.select(_trimmed(pl.all(), padded=False)), _by_hand(text, [0, 1, 2]))
    assert _by_polars(b'a,b"\nc,d,"e\n', 3, [0, 1, 2], quoted=True) is None


def test_a_line_without_end_stops_the_reading() -> None:
    block = b"a" * (1 << 20)
    taken: list[int] = []

    def endless() -> Iterator[bytes]:
        yield GOOD.encode()
        while len(taken) < 1_000:
            taken.append(1)
            yield block

    with pytest.raises(UnreadableInput) as stopped:
        read("", blocks=endless())
    assert stopped.value.code == "file.endless_line"
    assert len(taken) < 40


BAD = ['"\n', 'x"y\n', "a,b\n", "\x01\n", ",,\n", '""""\n']


@pytest.mark.parametrize("chunk_size", [64, 1 << 20])
@pytest.mark.parametrize("bad", BAD)
def test_a_file_without_one_good_line_is_given_up(
    monkeypatch: pytest.MonkeyPatch, bad: str, chunk_size: int
) -> None:
    """Whatever comes behind: 30 MB of such lines took minutes."""
    monkeypatch.setattr(reading, "GIVE_UP", 50)
    judged: list[int] = []

    def counted(scan: Scan, *how: Any) -> Judged:
        judged.append(scan.height)
        return judge(scan, *how)

    monkeypatch.setattr(reading, "judge", counted)
    blocks = (block.encode() for block in ["\n", *[bad] * 60, GOOD, *[bad] * 10_000])
    with pytest.raises(UnreadableInput) as raised:
        read("", blocks=blocks, chunk_size=chunk_size)
    assert raised.value.code == "file.given_up"
    assert "50 lines; line 1: The line " in str(raised.value)
    assert raised.value.findings["line"].to_list() == [1]
    assert sum(judged) == 50


@pytest.mark.parametrize("chunk_size", [64, 1 << 20])
def test_one_good_line_among_the_first_keeps_the_reading_on(
    monkeypatch: pytest.MonkeyPatch, chunk_size: int
) -> None:
    monkeypatch.setattr(reading, "GIVE_UP", 50)
    text = "a,b\n" * 49 + GOOD + "a,b\n" * 200 + GOOD
    table = read(text, chunk_size=chunk_size)
    assert (table.rows.height, table.rejected.height) == (2, 249)
    assert table.rows["line"].to_list() == [50, 251]


def test_letters_of_an_encoding_not_known_yet_are_no_bad_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "GIVE_UP", 50)
    line = "12/01/2016,Peña,1000000001,F,,80\n".encode("cp1252")
    table = read(line * 120)
    assert (table.rows.height, table.form.encoding) == (120, "cp1252")
    with pytest.raises(UnreadableInput, match="50 lines") as raised:
        read("ñ,b\n".encode("cp1252") * 120)
    assert raised.value.code == "file.given_up"


def test_blank_lines_are_told_alike_where_they_are_few_and_where_they_are_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = [b"", b" ", b"\t \x0b\x0c", b"a", b" a ", b"\x1c", b"\x00", b'"', b",", b" , ", b"\xa0"]
    data = b"".join(line + b"\n" for line in lines)
    few = prescan(data).starts.tolist()
    monkeypatch.setattr("rollcall.core.files.prescan._MANY", 0)
    assert prescan(data).starts.tolist() == few
    assert len(few) == 8
