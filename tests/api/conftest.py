"""The API's tests have a district each, and programs with tokens."""

from tests.api.programs import calling
from tests.capital_fixtures import capital, state
from tests.town_fixtures import shared_town, students, table_a, town, town_of_five, wired

__all__ = [
    "calling",
    "capital",
    "shared_town",
    "state",
    "students",
    "table_a",
    "town",
    "town_of_five",
    "wired",
]
