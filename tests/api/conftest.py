"""The API's tests have a district each, and programs with tokens."""

from tests.api.programs import calling
from tests.town_fixtures import students, table_a, town, town_of_five, wired

__all__ = ["calling", "students", "table_a", "town", "town_of_five", "wired"]
