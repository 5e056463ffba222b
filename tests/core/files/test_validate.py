"""Fields: what each kind accepts, what it says when it does not, and the type that comes out."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.examples import examples

from rollcall.core.files.layouts import Field, Kind, ReadOptions
from rollcall.core.files.validate import DATE_FORMATS, Checked, check


def checked(field: Field, *values: str | None, **options: str) -> Checked:
    schema = {"line": pl.UInt32(), "c": pl.String()}
    texts = pl.DataFrame(list(enumerate(values, 1)), schema=schema, orient="row")
    return check(texts, [field], ReadOptions(**options), input="students")  # type: ignore[arg-type]  # strings only


def values(result: Checked) -> list[object]:
    return result.rows["c"].to_list()


DATE = Field("BIRTHDATE", "c", Kind.DATE)
CODE = Field("GENDER", "c", Kind.CODE, codes=("F", "M"))
DIGITS = Field("SSID", "c", Kind.DIGITS, width=10)


@pytest.mark.parametrize(
    "text", ["01/02/2016", "1/2/2016", "1/02/2016", "20160102", "01022016", "2016-01-02"]
)
def test_a_date_may_have_five_forms(text: str) -> None:
    assert values(checked(DATE, text)) == [date(2016, 1, 2)]


def test_forms_may_be_mixed_in_one_column() -> None:
    texts = ["01/02/2016", "2016-01-02", None, "20160102", "01022016"]
    assert values(checked(DATE, *texts)).count(date(2016, 1, 2)) == 4


@pytest.mark.parametrize(
    "text",
    [
        "02/30/2016",
        "13/01/2016",
        "20161301",
        "12/31/1899",
        "01/01/2101",
        "1/1/16",
        "00/00/0000",
        "1/1/+2016",
        "2016-1-2",
        "2016/01/02",
        "01-02-2016",
        "N/A",
        "\u0661/\u0662/2016",
        "0102201",
    ],
)
def test_what_is_no_date_is_a_finding(text: str) -> None:
    result = checked(DATE, "01/02/2016", text)
    assert result.findings.select("line", "field", "code").rows() == [
        (2, "BIRTHDATE", "field.date")
    ]
    assert text not in result.findings["detail"][0]
    assert result.rows["line"].to_list() == [1]


def test_a_configured_form_is_the_only_one() -> None:
    samples = ["01/02/2016", "1/2/2016", "20160102", "01022016", "2016-01-02"]
    accepted = {
        form: checked(DATE, *samples, date_format=form).rows["line"].to_list()
        for form in DATE_FORMATS
    }
    assert accepted == {
        "MM/DD/YYYY": [1],
        "M/D/YYYY": [1, 2],
        "YYYYMMDD": [3],
        "MMDDYYYY": [4],
        "YYYY-MM-DD": [5],
    }


@examples(60)
@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_every_day_is_read_the_same_in_every_form(day: date) -> None:
    forms = ["%m/%d/%Y", "%Y%m%d", "%m%d%Y", "%Y-%m-%d"]
    assert values(checked(DATE, *[day.strftime(form) for form in forms])) == [day] * 4


def test_digits_are_counted_and_the_leading_zeros_kept() -> None:
    result = checked(DIGITS, "0000000001", "1", "12345678901", "123456789x", None)
    assert values(result) == ["0000000001", None]
    assert result.findings["detail"][0] == "10 digits expected, 1 characters found"
    assert result.findings["code"].unique().to_list() == ["field.digits"]


def test_a_code_off_the_list_is_an_error_or_a_warning() -> None:
    result = checked(CODE, "F", "X", "f", None)
    assert (values(result), result.findings["code"].to_list()) == (["F", None], ["field.code"] * 2)
    assert result.findings["detail"][0] == "expected one of F, M"
    loose = Field("GENDER", "c", Kind.CODE, codes=("F", "M"), unknown_code="warning")
    result = checked(loose, "F", "X", None)
    assert (values(result), result.findings["line"].to_list()) == (["F", "X", None], [2])
    assert result.findings["code"].to_list() == ["field.unknown_code"]
    assert result.rows.schema["c"] == pl.String


def test_an_integer_stays_within_its_limits() -> None:
    field = Field("IN_REGCLS", "c", Kind.INTEGER, low=1, high=100)
    result = checked(field, "1", "100", "007", "0", "101", "1.5", "+5", "1e1", "99999999", None)
    assert values(result) == [1, 100, 7, None]
    assert result.findings["code"].to_list() == ["field.integer"] * 6
    assert result.rows.schema["c"] == pl.Int16


def test_text_is_no_longer_than_its_field_unless_the_partner_cuts() -> None:
    field = Field("NAME", "c", Kind.TEXT, width=3)
    result = checked(field, "ñññ", "abcd")
    assert values(result) == ["ñññ"]
    assert result.findings["detail"].to_list() == ["at most 3 characters, 4 found"]
    assert values(checked(Field("NAME", "c", Kind.TEXT, width=3, cut=True), "abcd")) == ["abcd"]


def test_filler_is_kept_as_it_is() -> None:
    assert values(checked(Field("FILLER", "c", Kind.FILLER), "=x", None)) == ["=x", None]


def test_no_rows_give_typed_columns() -> None:
    assert checked(CODE).rows.schema == {"line": pl.UInt32, "c": pl.Enum(["F", "M"])}
