"""The engine's tests have a district each."""

from tests.town_fixtures import students, table_a, town, town_of_five, wired

__all__ = ["students", "table_a", "town", "town_of_five", "wired"]
