"""The engine's tests have a district each."""

from tests.town_fixtures import shared_town, students, table_a, town, town_of_five, wired

__all__ = ["shared_town", "students", "table_a", "town", "town_of_five", "wired"]
