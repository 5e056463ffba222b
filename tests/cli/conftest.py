"""The command line's tests have a district each."""

from tests.capital_fixtures import capital, state
from tests.town_fixtures import students, table_a, town, wired

__all__ = ["capital", "state", "students", "table_a", "town", "wired"]
