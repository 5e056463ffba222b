"""Find students by the beginning of their names or of an id, page by page.

A page ends with a mark that names no student data, only where to go on: the next page begins
behind it, whatever was added or removed in between.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from psycopg import sql
from psycopg.rows import class_row

from rollcall.records.copying import Database

#: The most students a page has, and the most words of a name that are tried as last and first.
MOST, _WORDS = 100, 4
#: Behind every text that begins like another one.
_LAST = sql.SQL("{} || U&'\\+10FFFF'")


@dataclass(frozen=True)
class Found:
    """A student as lists show them. `id` is the database's number, which addresses may name."""

    id: int
    local_id: str
    state_id: str | None
    special_ed_id: str | None
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
#: Each id by its table and column, in the order in which they are tried.
_IDS = (("student", "local_id"), ("student", "state_id"), ("special_education", "special_ed_id"))


def search(
    conn: Database, district_id: int, text: str, after: str | None = None, limit: int = 25
) -> Page:
    """The students whose names or one of whose ids begin with `text`, at most `limit`.

    A text with a digit is an id: the district's own, the state's or the special-education id.
    Names: "last", "last, first", "last first" or "first last", each may be cut short; accents and
    case do not count. `after`: the mark of the page before.
    """
    ways, limit = list(_ways(text)), min(limit, MOST)
    if not ways:
        return Page([], None)
    kind, number = _place(after)
    parts = [
        _part(way, district_id, number if way.kind == kind else None, limit + 1)
        for way in ways
        if way.kind >= kind
    ]
    if not parts:
        return Page([], None)
    query = _PAGE.format(parts=sql.SQL(" UNION ").join(parts), limit=sql.Literal(limit + 1))
    rows = conn.execute(query).fetchall()
    found = _students(conn, [row[1] for row in rows[:limit]])
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(found, f"{last[0]}-{last[1]}" if last else None)


def student_by_local_id(conn: Database, district_id: int, local_id: str) -> int | None:
    """The number of the student with that local id."""
    query = "SELECT id FROM student WHERE district_id = %s AND local_id = %s"
    row = conn.execute(query, [district_id, local_id]).fetchone()
    return int(row[0]) if row else None


def _ways(text: str) -> Iterator[_Way]:
    text = " ".join(text.replace("\x00", "").split())
    if any(c.isdigit() for c in text):
        for kind, (table, column) in enumerate(_IDS, 1):
            columns = (sql.SQL(f't.{column} COLLATE "C"'),)
            student = "t" if table == "student" else "s"
            earlier = tuple(sql.SQL(f"{student}.{column}") for _, column in _IDS[: kind - 1])
            yield _Way(kind, table, columns, (text,), earlier)
    elif text.strip(", "):
        for last, first in _names(text):
            yield _Way(0, "student", _NAMES, (last, first))


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


def _place(after: str | None) -> tuple[int, int | None]:
    kind, _, number = (after or "").partition("-")
    return (int(kind), int(number)) if kind.isdigit() and number.isdigit() else (0, None)


def _part(way: _Way, district_id: int, number: int | None, limit: int) -> sql.Composable:
    """The first students of one way, behind the one with that number."""
    key = sql.SQL(", ").join([*way.columns, sql.SQL("t.id")])
    begins: list[sql.Composable] = [
        sql.SQL("{column} >= {low} AND {column} < {high}").format(
            column=column, low=_folded(way, text), high=_LAST.format(_folded(way, text))
        )
        for column, text in zip(way.columns, way.begins, strict=True)
        if text
    ]
    begins += [
        sql.SQL("NOT coalesce(starts_with({}, {}), false)").format(column, _folded(way, text))
        for column in way.earlier
        for text in way.begins
    ]
    if number is not None:
        behind = sql.SQL("({key}) > (SELECT {key} FROM {table} t WHERE t.id = {number})")
        begins.append(
            behind.format(key=key, table=sql.Identifier(way.table), number=_row(way.table, number))
        )
    named: list[sql.Composable] = [
        sql.SQL("{} AS v{}").format(c, sql.SQL(str(n))) for n, c in enumerate(way.columns)
    ]
    if len(named) == 1:
        named.append(sql.SQL("''::text AS v1"))
    return sql.SQL(
        """(SELECT {kind} AS kind, t.id AS place, {values}, {student} AS id
        FROM {table} t {join} WHERE t.district_id = {district} AND {begins}
        ORDER BY {key} LIMIT {limit})"""
    ).format(
        kind=sql.Literal(way.kind),
        values=sql.SQL(", ").join(named),
        student=sql.SQL("t.id" if way.table == "student" else "s.id"),
        table=sql.Identifier(way.table),
        join=sql.SQL("" if way.table == "student" else _STUDENT),
        district=sql.Literal(district_id),
        begins=sql.SQL(" AND ").join(begins or [sql.SQL("true")]),
        key=key,
        limit=sql.Literal(limit),
    )


_STUDENT = "JOIN student s USING (district_id, local_id)"
_PAGE = sql.SQL("SELECT kind, id FROM ({parts}) AS f ORDER BY kind, v0, v1, place LIMIT {limit}")


def _row(table: str, student: int) -> sql.Composable:
    """The number of the row of `table` that is the student's."""
    if table == "student":
        return sql.Literal(student)
    query = """(SELECT r.id FROM {} r JOIN student s USING (district_id, local_id)
        WHERE s.id = {})"""
    return sql.SQL(query).format(sql.Identifier(table), sql.Literal(student))


def _folded(way: _Way, text: str) -> sql.Composable:
    if way.kind:
        return sql.Literal(text)
    return sql.SQL("rollcall_folded({})").format(sql.Literal(text))


def _students(conn: Database, ids: list[int]) -> list[Found]:
    """These students, in this order."""
    query = """SELECT s.id, local_id, state_id, special_ed_id, last_name, first_name, birth_date,
            s.grade, s.school_code
        FROM student s LEFT JOIN special_education e USING (district_id, local_id)
        WHERE s.id = ANY (%s) ORDER BY array_position(%s, s.id)"""
    with conn.cursor(row_factory=class_row(Found)) as cursor:
        found = cursor.execute(query, [ids, ids]).fetchall()
    return found
