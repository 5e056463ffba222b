"""The portal's error report: read soundly, matched to students, coded by rule."""

from datetime import date

import pytest
from tests.edfi_frames import frame, student

from rollcall.core.files.read import UnreadableInput
from rollcall.core.files.unreadable import EMPTY, HEADER
from rollcall.core.sending.outbound import RULES_SCHEMA
from rollcall.integrations.edfi.rules_report_reader import (
    PROBLEMS_SCHEMA,
    REPORT,
    MatchedErrors,
    match_errors,
    read_errors,
)

HEADER_LINE = (
    "Component,Severity,ErrorCode,ErrorText,StudentUniqueId,StudentFullName,School,SchoolId,"
    "DateEnrolled,DateWithdrawn,Grade"
)
LEAVES_EARLY = "StudentEnrollment,Error,10.10.6521,55. Leaves early,{id},Xiong Mai,Lake,10625410,"
PEOPLE = frame("identities", [student("1001"), student("1002")])
MAI = "0625000001001"


def report(*lines: str) -> bytes:
    return "\n".join([HEADER_LINE, *lines, ""]).encode()


def matched(*lines: str) -> MatchedErrors:
    return match_errors(read_errors(report(*lines)).rows, PEOPLE)


def test_a_row_becomes_a_problem_of_its_student() -> None:
    errors = matched(LEAVES_EARLY.format(id=MAI) + "9/2/2025,2025-08-30,5")
    (row,) = errors.problems.rows(named=True)
    assert row == {
        "line": 1,
        "local_id": "1001",
        "severity": "error",
        "rule": "10.10.6521",
        "number": "55",
        "code": "edfi.marss_55_6521",
        "text": "55. Leaves early",
        "component": "StudentEnrollment",
        "school": "Lake",
        "school_id": "10625410",
        "entry_date": date(2025, 9, 2),
        "exit_date": date(2025, 8, 30),
        "grade": "5",
    }
    assert errors.problems.schema == PROBLEMS_SCHEMA
    assert errors.unmatched.is_empty()


def test_header_names_count_in_any_case_and_order_and_names_of_students_are_not_read() -> None:
    data = (
        b"errortext,SEVERITY,studentuniqueid,StudentFullName\n55. No,Warning,0625000001001,Xiong\n"
    )
    rows = read_errors(data).rows
    assert "Xiong" not in str(rows.rows())
    (row,) = match_errors(rows, PEOPLE).problems.rows(named=True)
    assert (row["local_id"], row["severity"], row["number"]) == ("1001", "warning", "55")


@pytest.mark.parametrize("written", [MAI, "625000001001", " 0625000001001 "])
def test_a_number_is_known_without_its_leading_zeros(written: str) -> None:
    errors = matched(LEAVES_EARLY.format(id=written) + ",,")
    assert errors.problems["local_id"].to_list() == ["1001"]


def test_rows_about_strangers_are_told_apart() -> None:
    errors = matched(
        LEAVES_EARLY.format(id="0999000000001") + ",,", LEAVES_EARLY.format(id=MAI) + ",,"
    )
    assert errors.unmatched.rows() == [(1, "0999000000001")]
    assert errors.problems["line"].to_list() == [2]


def test_a_number_that_several_students_have_says_nothing_of_either() -> None:
    shared = frame("identities", [student("1001", state_id=MAI), student("1002", state_id=MAI)])
    rows = read_errors(report(LEAVES_EARLY.format(id=MAI) + ",,")).rows
    assert match_errors(rows, shared).unmatched["line"].to_list() == [1]


def test_an_error_of_a_school_is_about_no_student() -> None:
    errors = matched("SchoolGrade,Warning,10.10.6530,149. Nobody,,,Lake,10625410,,,5")
    (row,) = errors.problems.rows(named=True)
    assert row["local_id"] is None
    assert row["code"] == "edfi.marss_149_6530"


def test_a_rule_the_pre_check_does_not_have_is_kept_as_it_is() -> None:
    errors = matched(f"StudentEnrollment,Error,10.10.9999,007. Something,{MAI},,,,,,")
    (row,) = errors.problems.rows(named=True)
    assert (row["rule"], row["number"], row["code"]) == ("10.10.9999", "7", None)


def test_the_error_number_may_stand_in_the_code() -> None:
    errors = matched(f"StudentEnrollment,Error,055,Leaves early,{MAI},,,,,,")
    assert errors.problems["number"].to_list() == ["55"]


def test_bad_rows_are_told_and_cost_nothing_but_themselves() -> None:
    table = read_errors(
        report(
            LEAVES_EARLY.format(id=MAI) + "yesterday,,5",
            f"StudentEnrollment,Error,10.10.6521,,{MAI},,,,,,",
            "too,few",
            LEAVES_EARLY.format(id=MAI) + "9/2/2025,,5",
        )
    )
    assert table.read == 4
    assert table.rows["line"].to_list() == [1, 4]
    assert table.rows["entry_date"].to_list() == [None, date(2025, 9, 2)]
    findings = table.findings.select("line", "code").rows()
    assert [(line, code) for line, code in findings if line in (1, 2)] == [
        (1, "field.date"),
        (2, "field.required"),
    ]
    assert 3 in [line for line, _ in findings]


def test_the_engine_is_given_problems_strangers_and_how_many_rows_are_unreadable() -> None:
    early = LEAVES_EARLY.format(id=MAI) + ",,"
    data = report(early, LEAVES_EARLY.format(id="0999000000001") + ",,", "too,few")
    errors = REPORT.read(data, PEOPLE)
    assert errors.problems.schema == RULES_SCHEMA
    assert errors.problems["local_id"].to_list() == ["1001"]
    assert errors.strangers.rows() == [(2, "0999000000001")]
    assert errors.unreadable == 1


def test_a_header_alone_says_that_there_are_no_errors() -> None:
    table = read_errors(report())
    assert table.read == 0
    assert match_errors(table.rows, PEOPLE).problems.schema == PROBLEMS_SCHEMA


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", EMPTY), (b"Name,Grade\nMai,5\n", HEADER), (b"Name,Grade\n", HEADER)],
)
def test_a_file_that_is_no_error_summary_stops(data: bytes, code: str) -> None:
    with pytest.raises(UnreadableInput) as stopped:
        read_errors(data)
    assert stopped.value.code == code
