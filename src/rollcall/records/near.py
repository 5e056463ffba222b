"""The few students that a row could be like, looked up by index.

`core.matching.similar_students` ranks them. A student is looked at whose state id is a digit away,
who was born that day, or whose names begin alike, also the other way round; whoever differs in all
of that is not near the row.
"""

import polars as pl
from polars.datatypes import DataType
from psycopg import sql

from rollcall.core.matching.match_decisions import IDENTITY
from rollcall.records.copying import Database

#: Students of each row: `line`, the student's number, and what is compared and shown.
NEAR_SCHEMA: dict[str, DataType] = {
    "line": pl.Int64(),
    "id": pl.Int64(),
    "local_id": pl.String(),
    **IDENTITY,
    "grade": pl.String(),
    "school_code": pl.String(),
}
#: So many letters of the last and of the first name, so many students a way at most.
_LAST, _FIRST, _MOST = 4, 2, 500
_FIELDS = sql.SQL(
    "t.id, t.local_id, t.state_id, t.last_name, t.first_name, t.birth_date, t.grade, t.school_code"
)
# Both sides are folded by the database. An empty beginning would be that of everybody.
_NEAR = sql.SQL(
    """WITH given AS MATERIALIZED (
        SELECT *, rollcall_folded(last_name) AS last, rollcall_folded(first_name) AS first
        FROM unnest({lines}::bigint[], {like_ids}::text[], {named}::text[], {last_names}::text[],
            {first_names}::text[], {birth_dates}::date[])
            AS given (line, like_id, named, last_name, first_name, birth_date)
    ), asked AS MATERIALIZED (
        SELECT line, like_id, named, birth_date,
            nullif(left(last, {most_of_last}), '') AS last_begins,
            nullif(left(first, {most_of_first}), '') AS first_begins,
            nullif(left(first, {most_of_last}), '') AS first_as_last,
            nullif(left(last, {most_of_first}), '') AS last_as_first
        FROM given
    )
    SELECT a.line, t.* FROM asked a CROSS JOIN LATERAL ({ways}) AS t"""
)
_WAY = sql.SQL(
    "(SELECT {fields} FROM student t WHERE t.district_id = {district} AND {like} LIMIT {most})"
)
_BY_ID = "t.state_id COLLATE \"C\" = ANY (string_to_array(a.like_id, ' '))"
_BY_LOCAL_ID = "t.local_id COLLATE \"C\" = ANY (string_to_array(a.named, ' '))"
_BY_DAY = "t.birth_date = a.birth_date"
_BY_NAMES = """rollcall_folded(t.last_name) >= a.{0}
    AND rollcall_folded(t.last_name) < a.{0} || U&'\\+10FFFF'
    AND rollcall_folded(t.first_name) >= a.{1}
    AND rollcall_folded(t.first_name) < a.{1} || U&'\\+10FFFF'"""
_WAYS = (
    _BY_ID,
    _BY_LOCAL_ID,
    _BY_DAY,
    _BY_NAMES.format("last_begins", "first_begins"),
    _BY_NAMES.format("first_as_last", "last_as_first"),
)


def near_students(
    conn: Database, district_id: int, rows: pl.DataFrame, most: int | None = _MOST
) -> pl.DataFrame:
    """The students that some rows could be like: NEAR_SCHEMA, a student once a row at most.

    `rows`: line, IDENTITY as written in the file, and `candidates` (local ids to include, or null).
    `most`: how many are looked at for each way of being like a row; None: all, so that whoever has
    the row's state id, or its names and birth date, is certainly among them.
    """
    like_ids = [_like_id(state_id) if state_id else None for state_id in rows["state_id"]]
    ways = [
        _WAY.format(
            fields=_FIELDS,
            district=sql.Literal(district_id),
            like=sql.SQL(way),
            most=sql.Literal(most),
        )
        for way in _WAYS
    ]
    query = _NEAR.format(
        lines=sql.Literal(rows["line"].to_list()),
        like_ids=sql.Literal(like_ids),
        named=sql.Literal(rows["candidates"].list.head(_MOST).list.join(" ").to_list()),
        last_names=sql.Literal(rows["last_name"].to_list()),
        first_names=sql.Literal(rows["first_name"].to_list()),
        birth_dates=sql.Literal(rows["birth_date"].to_list()),
        most_of_last=sql.Literal(_LAST),
        most_of_first=sql.Literal(_FIRST),
        ways=sql.SQL(" UNION ").join(ways),
    )
    return pl.DataFrame(conn.execute(query).fetchall(), schema=NEAR_SCHEMA, orient="row")


def _like_id(state_id: str) -> str:
    """The id, and those with one digit changed or two neighbors swapped."""
    like = {state_id}
    for n in range(len(state_id)):
        like |= {state_id[:n] + digit + state_id[n + 1 :] for digit in "0123456789"}
        like.add(state_id[:n] + state_id[n + 1 : n + 2] + state_id[n] + state_id[n + 2 :])
    return " ".join(pattern for pattern in like if " " not in pattern)
