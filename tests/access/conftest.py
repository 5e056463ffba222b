"""The tests of access have a district each."""

from tests.town_fixtures import town, wired

__all__ = ["town", "wired"]
