"""The pages' tests have a district each, and people in it."""

import pytest
from pytest_django import Settings
from tests.console.people import asking
from tests.town_fixtures import students, table_a, town, wired

__all__ = ["asking", "students", "table_a", "town", "wired"]


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    """A hash that takes no second: how slow the real one is, is Django's own promise."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
