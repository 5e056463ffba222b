"""School years, as written, compared and reckoned."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.core.school_year import SchoolYear

years = st.integers(1901, 2198).map(SchoolYear)
days = st.dates(date(1902, 1, 1), date(2198, 12, 31))


def test_it_is_written_with_both_years() -> None:
    year = SchoolYear.parse("2016-2017")
    assert (year.start, year.end, str(year)) == (2016, 2017, "2016-2017")
    assert SchoolYear.parse(" 2016-2017 ") == year


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2016", "write both years, as 2016-2017"),
        ("16-17", "write both years"),
        ("2016/2017", "write both years"),
        ("", "write both years"),
        ("٢٠١٦-٢٠١٧", "write both years"),
        ("2016-2018", "after 2016 comes 2017"),
        ("2017-2016", "after 2017 comes 2018"),
        ("2016-2016", "not one school year"),
        ("0016-0017", "between 1900 and 2199"),
    ],
)
def test_anything_else_is_refused_with_what_to_write(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        SchoolYear.parse(text)


def test_it_runs_from_july_1_to_june_30() -> None:
    year = SchoolYear(2016)
    assert (year.first_day, year.last_day) == (date(2016, 7, 1), date(2017, 6, 30))
    assert SchoolYear.containing(date(2016, 6, 30)) == SchoolYear(2015)
    assert SchoolYear.containing(date(2016, 7, 1)) == year


@given(days)
def test_every_day_is_in_exactly_one_year(day: date) -> None:
    year = SchoolYear.containing(day)
    assert day in year
    assert day not in year.next()
    assert day not in year.previous()


@given(years)
def test_years_follow_each_other_without_a_gap(year: SchoolYear) -> None:
    assert year.next().previous() == year
    assert year.next().first_day.toordinal() == year.last_day.toordinal() + 1
    assert SchoolYear.parse(str(year)) == year


@given(years, years)
def test_they_sort_by_time(one: SchoolYear, other: SchoolYear) -> None:
    assert (one < other) == (one.first_day < other.first_day)
    assert (one < other) == (str(one) < str(other))
