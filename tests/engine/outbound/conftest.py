"""A district and its state for each test."""

from tests.capital_fixtures import capital, state
from tests.town_fixtures import town, wired

__all__ = ["capital", "state", "town", "wired"]
