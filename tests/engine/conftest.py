"""The engine's tests have a district each."""

from tests.town_fixtures import (
    only_new_syncs,
    shared_town,
    students,
    table_a,
    town,
    town_of_five,
    wired,
)

__all__ = [
    "only_new_syncs",
    "shared_town",
    "students",
    "table_a",
    "town",
    "town_of_five",
    "wired",
]
