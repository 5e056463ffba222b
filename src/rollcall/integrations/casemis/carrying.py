"""Which rows of Table A may stay as an earlier run decided them: those matched by their SSID alone.

Table B always is decided whole: a student's services are replaced together.
"""

from collections.abc import Mapping

import polars as pl

from rollcall.core.carry import Claims
from rollcall.core.match import by_name
from rollcall.core.tables import Table

#: The rules that look at nothing but the row's SSID and the student who holds it.
RULES = ("state_id",)


def needed(table: Table, views: Mapping[str, pl.DataFrame]) -> dict[str, list[pl.DataFrame]]:
    """The keys of the students that these rows could be: by SSID, by birth date where a row has
    none, and whom people linked rows to.
    """
    linked = views["match_decisions"].select("local_id")
    keys = (_ids(table).to_frame(), _nameless(table).select("birth_date"), linked)
    return {"students": [key.drop_nulls().unique() for key in keys]}


def claims(table: Table, views: Mapping[str, pl.DataFrame]) -> Claims:
    """The SSIDs of these rows, and the students they are found to be by name or by a link."""
    named = by_name(_nameless(table), views["students"])
    several = named["candidates"].explode().alias("local_id")
    linked = views["match_decisions"]["local_id"]
    return Claims(_ids(table), pl.concat([named["local_id"], several, linked]))


def _ids(table: Table) -> pl.Series:
    """The SSIDs in the file, also those of rows that could not be read."""
    return pl.concat([table.rows["state_id"], table.rejected["id"].alias("state_id")])


def _nameless(table: Table) -> pl.DataFrame:
    return table.rows.filter(pl.col("state_id").fill_null("") == "")
