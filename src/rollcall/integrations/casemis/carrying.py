"""Which rows of Table A may stay as an earlier run decided them: those matched by their SSID alone.

Table B always is decided whole: a student's services are replaced together.
"""

from collections.abc import Mapping

import polars as pl

from rollcall.core.carry import Claims
from rollcall.core.match import by_name
from rollcall.core.names import folded, possible_initials
from rollcall.core.tables import Table

#: The rules that look at nothing but the row's SSID and the student who holds it.
RULES = ("state_id",)


def needed(table: Table, views: Mapping[str, pl.DataFrame]) -> dict[str, list[pl.DataFrame]]:
    """The keys of the students that these rows could be: by SSID, by birth date and initials where
    a row has none, and whom people linked rows to.
    """
    linked = views["match_decisions"].select("local_id")
    keys = (_ids(table).to_frame(), _name_keys(_nameless(table)), linked)
    return {"students": [key.drop_nulls().unique() for key in keys]}


def _name_keys(rows: pl.DataFrame) -> pl.DataFrame:
    initials = (
        possible_initials(pl.lit(folded(rows[f"{part}_name"]))).alias(f"{part}_initial")
        for part in ("last", "first")
    )
    keys = rows.select("birth_date", *initials)
    return keys.explode("last_initial").explode("first_initial")


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
