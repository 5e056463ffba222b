"""Find students by the beginning of their names or of an id, page by page.

A page ends with a mark that names no student data, only where to go on: the next page begins
behind it, whatever was added or removed in between.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from psycopg import sql
from psycopg.rows import class_row

from rollcall.core.plans.record_types import RecordType
from rollcall.core.whole_numbers import whole_numbers
from rollcall.records.copying import Database
from rollcall.records.types import PARTNER_IDS, STUDENT

#: The most students a page has, and the most words of a name that are tried as last and first.
MOST, _WORDS = 100, 4
#: Behind every text that begins like another one.
_LAST = "\U0010ffff"


@dataclass(frozen=True)
class Found:
    """A student as lists show them. `id` is the database's number, which addresses may name; `ids`
    are the further ids by which partners know the student, by whose they are.
    """

    id: int
    local_id: str
    state_id: str | None
    ids: dict[str, str]
    last_name: str | None
    first_name: str | None
    birth_date: date | None
    grade: str | None
    school_code: str | None


@dataclass(frozen=True)
class Page:
    """Some of the students found, and the mark to go on from (None: these were the last)."""

    students: list[Found]
    next: str | None


@dataclass(frozen=True)
class _Way:
    """One way the text can be meant: the table, what is compared, in the order of the index.

    `earlier`: where the text was looked for before: who was found there is not found again.
    """

    kind: int
    table: str
    columns: tuple[sql.Composable, ...]
    begins: tuple[str, ...]
    earlier: tuple[sql.Composable, ...] = ()


_NAMES = tuple(sql.SQL(f"rollcall_folded(t.{name})") for name in ("last_name", "first_name"))
#: The ids that integrations' own records have, by which a partner knows a student.
FURTHER_IDS = tuple(partner_id for partner_id in PARTNER_IDS if partner_id[1] != STUDENT)
#: One of them with whose it is, of the student `s`.
_FURTHER_ID = """{whose}, (SELECT t.{column} FROM {table} t
        WHERE (t.district_id, t.local_id) = (s.district_id, s.local_id))"""
#: These students, in this order. `json`, not `jsonb`: Django has its connection leave that a text.
_FOUND = """SELECT id, local_id, state_id, json_strip_nulls(json_build_object({ids})) AS ids,
        last_name, first_name, birth_date, grade, school_code
    FROM student s WHERE id = ANY (%s) ORDER BY array_position(%s, id)"""


def search(
    conn: Database, district_id: int, text: str, after: str | None = None, limit: int = 25
) -> Page:
    """The students whose names or one of whose ids begin with `text`, at most `limit`.

    A text with a digit is an id: the district's own, the state's or another partner's.
    Names: "last", "last, first", "last first" or "first last", each may be cut short; accents and
    case do not count. `after`: the mark of the page before.
    """
    numbers = whole_numbers(after or "", 2)
    kind, mark = (numbers[0], numbers[1]) if numbers else (0, None)
    hits: list[_Hit] = []
    for number, ways in groupby(_ways(_folded(conn, text)), key=lambda way: way.kind):
        if number >= kind and len(hits) <= (limit := min(limit, MOST)):
            behind = mark if number == kind else None
            hits += _hits(conn, district_id, list(ways), behind, limit + 1 - len(hits))
    ids = [hit.id for hit in hits[:limit]]
    further = [
        sql.SQL(_FURTHER_ID).format(
            whose=sql.Literal(whose),
            column=sql.Identifier(column),
            table=sql.Identifier(record.name),
        )
        for whose, record, column in FURTHER_IDS
    ]
    query = sql.SQL(_FOUND).format(ids=sql.SQL(", ").join(further))
    with conn.cursor(row_factory=class_row(Found)) as cursor:
        students = cursor.execute(query, [ids, ids]).fetchall()
    return Page(students, hits[limit - 1].mark if len(hits) > limit else None)


def student_by_local_id(conn: Database, district_id: int, local_id: str) -> int | None:
    """The number of the student with that local id."""
    query = "SELECT id FROM student WHERE district_id = %s AND local_id = %s"
    row = conn.execute(query, [district_id, local_id]).fetchone()
    return int(row[0]) if row else None


def _is_id(text: str) -> bool:
    return any(c.isdigit() for c in text)


def _folded(conn: Database, text: str) -> str:
    """A name as the index has it; an id as it is."""
    text = " ".join(text.replace("\x00", "").split())
    if _is_id(text):
        return text
    row = conn.execute("SELECT rollcall_folded(%s)", [text]).fetchone()
    return str(row[0]) if row else ""


def _ways(text: str) -> Iterator[_Way]:
    if _is_id(text):
        for kind, (_, record, column) in enumerate(PARTNER_IDS, 1):
            columns = (sql.SQL(f't.{column} COLLATE "C"'),)
            earlier = tuple(_earlier(record, *id) for id in PARTNER_IDS[: kind - 1])
            yield _Way(kind, record.name, columns, (text,), earlier)
    elif text.strip(", "):
        for last, first in _names(text):
            yield _Way(0, STUDENT.name, _NAMES, (last, first))


def _earlier(looked_up: RecordType, whose: str, record: RecordType, column: str) -> sql.Composable:
    """An id that was looked for before, of a student found by a record of type `looked_up`."""
    student = "t" if looked_up == STUDENT else "s"
    if record == STUDENT:
        return sql.SQL(f"{student}.{column}")
    return sql.SQL(
        f"(SELECT e.{column} FROM {record.name} e WHERE (e.district_id, e.local_id)"  # noqa: S608 - our names
        f" = ({student}.district_id, {student}.local_id))"
    )


def _names(text: str) -> Iterator[tuple[str, str]]:
    """(last name, first name) as the text may mean them, each the beginning of one."""
    if "," in text:
        last, first = text.split(",", 1)
        yield last.strip(), first.strip()
        return
    words = text.split()
    yield text, ""
    for cut in range(1, min(len(words), _WORDS)):
        before, behind = " ".join(words[:cut]), " ".join(words[cut:])
        yield before, behind
        yield behind, before


@dataclass(frozen=True)
class _Hit:
    """A student found: in which way, by which row of its table, and the student's number."""

    kind: int
    place: int
    id: int

    @property
    def mark(self) -> str:
        return f"{self.kind}-{self.place}"


def _hits(
    conn: Database, district_id: int, ways: list[_Way], behind: int | None, limit: int
) -> list[_Hit]:
    """The first students of ways of one kind, behind the row with the number `behind`."""
    mark = () if behind is None else _key(conn, district_id, ways[0], behind)
    parts = [
        _part(way, district_id, mark, limit)
        for way in ways
        if not (bool(mark) and mark[0] > way.begins[0] + _LAST)
    ]
    if not parts:
        return []
    query = _PAGE.format(parts=sql.SQL(" UNION ").join(parts), limit=sql.Literal(limit))
    with conn.cursor(row_factory=class_row(_Hit)) as cursor:
        return cursor.execute(query).fetchall()


def _key(conn: Database, district_id: int, way: _Way, place: int) -> tuple[Any, ...]:
    """Where a row lies in the order of its way, as values that the index can look up."""
    query = sql.SQL("SELECT {}, t.id FROM {} t WHERE t.district_id = {} AND t.id = {}").format(
        sql.SQL(", ").join(way.columns),
        sql.Identifier(way.table),
        sql.Literal(district_id),
        sql.Literal(place),
    )
    row = conn.execute(query).fetchone()
    return row or ()


def _part(way: _Way, district_id: int, mark: tuple[Any, ...], limit: int) -> sql.Composable:
    """The first students of one way, behind `mark`."""
    key = sql.SQL(", ").join([*way.columns, sql.SQL("t.id")])
    begins: list[sql.Composable] = [
        sql.SQL("{column} >= {low} AND {column} < {high}").format(
            column=column, low=sql.Literal(text), high=sql.Literal(text + _LAST)
        )
        for column, text in zip(way.columns, way.begins, strict=True)
        if text
    ]
    begins += [
        sql.SQL("NOT coalesce(starts_with({}, {}), false)").format(column, sql.Literal(text))
        for column in way.earlier
        for text in way.begins
    ]
    # A mark before all that the way finds would only have the index read from there.
    if mark and mark[0] >= way.begins[0]:
        begins.append(
            sql.SQL("({}) > ({})").format(key, sql.SQL(", ").join(map(sql.Literal, mark)))
        )
    columns: list[sql.Composable] = [
        sql.SQL("{} AS v{}").format(c, sql.SQL(str(n))) for n, c in enumerate(way.columns)
    ]
    if len(columns) == 1:
        columns.append(sql.SQL("''::text AS v1"))
    return sql.SQL(
        """(SELECT {kind} AS kind, t.id AS place, {values}, {student} AS id
        FROM {table} t {join} WHERE t.district_id = {district} AND {begins}
        ORDER BY {key} LIMIT {limit})"""
    ).format(
        kind=sql.Literal(way.kind),
        values=sql.SQL(", ").join(columns),
        student=sql.SQL("t.id" if way.table == "student" else "s.id"),
        table=sql.Identifier(way.table),
        join=sql.SQL("" if way.table == "student" else _STUDENT),
        district=sql.Literal(district_id),
        begins=sql.SQL(" AND ").join(begins or [sql.SQL("true")]),
        key=key,
        limit=sql.Literal(limit),
    )


_STUDENT = "JOIN student s USING (district_id, local_id)"
_PAGE = sql.SQL(
    "SELECT kind, place, id FROM ({parts}) AS f ORDER BY kind, v0, v1, place LIMIT {limit}"
)
