"""Which rows of Table A may stay as an earlier run decided them: those matched by their SSID, or by
name and birth date, and by nobody's word.

Table B always is decided whole: a student's services are replaced together.
"""

from collections.abc import Mapping

import polars as pl

from rollcall.core.files.tables import Table
from rollcall.core.matching.match import by_name
from rollcall.core.matching.names import folded, possible_initials
from rollcall.core.plans.carry_over import Claims
from rollcall.core.plans.plan import Outcome

#: The rules that look at nothing but the row and the student who holds its SSID or has its name.
RULES = ("state_id", "name_birth_date")


def fitting(rows: pl.DataFrame, students: pl.DataFrame) -> pl.Series:
    """The lines of the rows without SSID that have the name and birth date of one of `students`."""
    born = _nameless(rows).join(students, on="birth_date", how="semi")
    matched = by_name(born, students)
    return matched.filter(pl.col("outcome") != Outcome.UNMATCHED)["line"]


def needed(table: Table, views: Mapping[str, pl.DataFrame]) -> dict[str, list[pl.DataFrame]]:
    """The keys of the students that these rows could be: by SSID, by birth date and initials where
    a row has none, and whom people linked rows to.
    """
    nameless = _nameless(table.rows)
    initials = (
        possible_initials(pl.lit(folded(nameless[f"{part}_name"]))).alias(f"{part}_initial")
        for part in ("last", "first")
    )
    by_birth = nameless.select("birth_date", *initials)
    by_birth = by_birth.explode("last_initial").explode("first_initial")
    linked = views["match_decisions"].select("local_id")
    keys = (_ids(table).to_frame(), by_birth, linked)
    return {"students": [key.drop_nulls().unique() for key in keys]}


def claims(table: Table, views: Mapping[str, pl.DataFrame]) -> Claims:
    """The SSIDs of these rows, and the students they are found to be: by SSID, by name, by a link.

    The holder of an SSID counts too: a row without one may have been matched to that student.
    """
    ids, students = _ids(table), views["students"]
    holders = students.join(ids.to_frame(), on="state_id", how="semi")["local_id"]
    matched = by_name(_nameless(table.rows), students)
    several = matched["candidates"].explode().alias("local_id")
    linked = views["match_decisions"]["local_id"]
    return Claims(ids, pl.concat([holders, matched["local_id"], several, linked]))


def _ids(table: Table) -> pl.Series:
    """The SSIDs in the file, also those of rows that could not be read."""
    return pl.concat([table.rows["state_id"], table.rejected["id"].alias("state_id")])


def _nameless(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("state_id").fill_null("") == "")
