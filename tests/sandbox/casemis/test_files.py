"""The sandbox's CASEMIS files hold exactly the faults ordered, and nothing else is wrong."""

import csv
import io

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rollcall.core.files.layouts import ReadOptions
from rollcall.core.files.read import read_table
from rollcall.core.matching.match import match_students
from rollcall.integrations.casemis.layout import TABLE_A
from rollcall.sandbox.casemis.files import (
    Faults,
    MadeFile,
    ServiceFaults,
    Style,
    make_table_a,
    make_table_b,
    next_day,
)
from rollcall.sandbox.casemis.values import TABLE_A_FIELDS, TABLE_B_FIELDS
from rollcall.sandbox.districts import people
from rollcall.sandbox.districts.california import make_district

STUDENTS = make_district(2_000, seed=3)["students"]
STYLES = [
    Style(),
    Style(quoted=True),
    Style(header=True, encoding="utf-8-sig", newline="\n", dates="%Y-%m-%d"),
    Style(header=True, quoted=True, encoding="cp1252", dates="%-m/%-d/%Y"),
    Style(encoding="ascii", dates="%Y%m%d"),
]
UNREADABLE = ("column_count", "unclosed_quote", "stray_quote", "undecodable_byte")


def cells(file: MadeFile) -> list[list[str]]:
    """The records of a file without faults, read by Python's csv module."""
    text = file.content.decode(file.style.encoding)
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    return rows[1:] if file.style.header else rows


@pytest.mark.parametrize("style", STYLES)
def test_a_clean_file_has_67_columns_and_the_right_students(style: Style) -> None:
    file = make_table_a(STUDENTS, share=0.2, style=style)
    rows = cells(file)
    assert len(rows) == file.expected.height == 400
    assert {len(row) for row in rows} == {67}
    ssid = TABLE_A_FIELDS.index("SSID")
    meant = file.expected.join(STUDENTS, on="local_id", maintain_order="left")
    assert [row[ssid] for row in rows] == meant["state_id"].fill_null("").to_list()


@pytest.mark.parametrize("style", STYLES)
def test_each_fault_is_there_as_often_as_ordered(style: Style) -> None:
    faults = Faults(**dict.fromkeys(Faults.__dataclass_fields__, 2))
    file = make_table_a(STUDENTS, share=0.5, faults=faults, style=style)
    by_fault = dict(file.expected["fault"].value_counts().rows())
    natural = file.expected.join(STUDENTS, on="local_id")["state_id"].null_count()
    assert {name: by_fault[name] for name in UNREADABLE} == dict.fromkeys(UNREADABLE, 2)
    assert by_fault["name_match"] + by_fault["ambiguous"] == 4 + natural
    assert file.counts["rejected"] == 12
    assert file.counts["read"] == sum(file.counts.values()) - file.counts["read"] == 1_000


@pytest.mark.parametrize("style", STYLES)
def test_unreadable_rows_are_unreadable_and_all_others_are_not(style: Style) -> None:
    faults = Faults(**dict.fromkeys(UNREADABLE, 4))
    file = make_table_a(STUDENTS, share=0.3, faults=faults, style=style)
    lines = file.content.split(style.newline.encode())[int(style.header) : -1]
    bad = [not readable(line, style) for line in lines]
    assert bad == file.expected["fault"].is_in(UNREADABLE).to_list()


def readable(line: bytes, style: Style) -> bool:
    """Whether a line by itself decodes, has its quotes in order and 67 cells."""
    try:
        text = line.decode(style.encoding)
        cells = next(csv.reader([text], strict=True))
    except (UnicodeDecodeError, csv.Error):
        return False
    stray = any('"' in cell for cell in cells)
    return len(cells) == 67 and not stray


def test_ssid_faults_are_what_they_are_called() -> None:
    faults = Faults(unknown_ssid=5, no_match=5, duplicate=6, name_match=5, ambiguous=2)
    file = make_table_a(STUDENTS, share=0.5, faults=faults)
    ssid = TABLE_A_FIELDS.index("SSID")
    frame = file.expected.with_columns(pl.Series("ssid", [row[ssid] for row in cells(file)]))
    by = {fault: part["ssid"] for (fault,), part in frame.group_by("fault")}
    assert not by["unknown_ssid"].is_in(STUDENTS["state_id"].implode()).any()
    assert by["no_match"].to_list() == [""] * 5
    assert by["duplicate"].is_in(STUDENTS["state_id"].implode()).all()
    assert by["duplicate"].value_counts()["count"].to_list() == [2, 2, 2]
    shared = STUDENTS.filter(people.match_key(STUDENTS).is_duplicated())["local_id"]
    ambiguous = frame.filter(pl.col("fault") == "ambiguous")["local_id"]
    assert ambiguous.is_in(shared.implode()).all()


@pytest.mark.parametrize("style", STYLES)
def test_reading_and_matching_come_to_the_same_outcomes(style: Style) -> None:
    faults = Faults(**dict.fromkeys(Faults.__dataclass_fields__, 4))
    file = make_table_a(STUDENTS, share=0.5, faults=faults, style=style)
    table = read_table(
        [file.content], TABLE_A, ReadOptions(), input="students", id_field="state_id"
    )
    matched = match_students(table.rows, STUDENTS, table.rejected)
    rejected = table.rejected.select("line", pl.lit("rejected").alias("outcome"))
    outcomes = pl.concat([matched.select("line", "outcome"), rejected]).sort("line")
    assert_frame_equal(outcomes, file.expected.select("line", "outcome"))
    right = file.expected.join(matched.filter(pl.col("outcome") == "matched"), on="line")
    assert (right["local_id"] == right["local_id_right"]).all()


def test_more_faults_than_students_is_refused() -> None:
    with pytest.raises(ValueError, match="students for"):
        make_table_a(STUDENTS, share=0.01, faults=Faults(no_match=500))


def test_the_same_seed_gives_the_same_bytes() -> None:
    faults = Faults.spread(40)
    first, second = (make_table_a(STUDENTS, seed=5, share=0.5, faults=faults) for _ in range(2))
    assert first.content == second.content
    assert_frame_equal(first.expected, second.expected)


@pytest.mark.parametrize("style", STYLES)
def test_the_next_day_changes_the_share_asked_for(style: Style) -> None:
    faults = Faults(bad_date=3, stray_quote=3)
    today = make_table_a(STUDENTS, share=0.5, faults=faults, style=style)
    tomorrow = next_day(today, share=0.05)
    old, new = (file.content.split(b"\n") for file in (today, tomorrow))
    differ = [a != b for a, b in zip(old, new, strict=True)]
    assert sum(differ) == tomorrow.expected["changed"].sum() == 50
    assert tomorrow.counts == today.counts


def test_the_next_day_drops_rows() -> None:
    today = make_table_a(STUDENTS, share=0.5)
    tomorrow = next_day(today, share=0, dropped=10)
    assert tomorrow.counts["read"] == 990
    assert tomorrow.expected["line"].to_list() == list(range(1, 991))
    gone = set(today.lines) - set(tomorrow.lines)
    assert len(gone) == 10


def test_services_resolve_as_expected() -> None:
    table_a = make_table_a(STUDENTS, share=0.3, faults=Faults(name_match=5, duplicate=2))
    faults = ServiceFaults(via_table_a=7, unknown_ssid=3, unknown_student=2)
    file = make_table_b(table_a, STUDENTS, faults=faults)
    frame = pl.DataFrame(cells(file), schema=list(TABLE_B_FIELDS), orient="row")
    expected = file.expected
    assert file.counts["unmatched"] == 5
    assert (expected["fault"] == "via_table_a").sum() >= 12
    assert frame["SSID"].eq("").to_list() == (
        expected["fault"].is_in(["via_table_a", "unknown_student"]).to_list()
    )
    a_ids = [row[TABLE_A_FIELDS.index("STUDENT_ID")] for row in cells(table_a)]
    in_a = frame["STUDENT_ID"].is_in(pl.Series(a_ids).implode())
    assert (~in_a).to_list() == (expected["fault"] == "unknown_student").to_list()
    each = expected.group_by("local_id").len()["len"]
    assert each.is_between(1, 4).all()
    assert frame.select(pl.Series("id", expected["local_id"]), "SERVICE").is_unique().all()
