"""Writing a plan's changes, set by set, exactly as planned or not at all.

Every function takes a psycopg connection with an open transaction. Whatever is raised, the
transaction must be rolled back.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl
from psycopg import errors, sql

from rollcall.core.plans.digest import digest
from rollcall.core.plans.plan import ChangeKind, Changes
from rollcall.core.problems import Problem
from rollcall.records.copying import Database, joining, looked_up, matching, stage, write_frame
from rollcall.records.problems import BROKEN_LINK, RecordsBusy, StalePlan
from rollcall.records.stamps import write_stamps
from rollcall.records.types import GO_WITH_STUDENT, NULLABLE, RECORD_TYPES, STUDENT

#: How long `lock` waits for others to finish, in seconds.
LOCK_TIMEOUT = 30


def lock(conn: Database, records: Iterable[str], timeout: float = LOCK_TIMEOUT) -> None:
    """Let nobody else write these record types until the transaction ends; reading goes on.

    What `moved_since` says after it stays true. RecordsBusy after `timeout` seconds. In a
    READ COMMITTED transaction, or as the first statement of another.
    """
    names = set(records)
    tables = [sql.Identifier(name) for name in RECORD_TYPES if name in names]
    if not tables:
        return
    statement = sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(
        sql.SQL(", ").join(tables)
    )
    _set(conn, "lock_timeout", f"{int(timeout * 1000)}ms")
    try:
        conn.execute(statement)
    except errors.LockNotAvailable as error:
        raise RecordsBusy(f"waited {timeout:g} seconds") from error
    conn.execute("SET LOCAL lock_timeout TO DEFAULT")


def sign(conn: Database, *, run_id: int | None = None, person: str = "") -> None:
    """Say who writes, for the change log, until the transaction ends."""
    _set(conn, "rollcall.run", "" if run_id is None else str(run_id))
    _set(conn, "rollcall.person", person)


def _set(conn: Database, name: str, value: str) -> None:
    conn.execute("SELECT set_config(%s, %s, true)", [name, value])


def apply_all(
    conn: Database, district_id: int, changes: Mapping[str, Changes], *, run_id: int, today: date
) -> None:
    """Write the changes to several record types, by name; StalePlan or Problem as of `apply` and
    `settle`. What belongs to a student comes first, for it may go with a student who is removed.
    """
    for name in reversed(RECORD_TYPES):
        if name in changes:
            apply(conn, district_id, changes[name], run_id=run_id, today=today)
    settle(conn)


def tables_written(changes: Mapping[str, Changes]) -> list[str]:
    """The record types that these changes write: those named, and those whose records go with a
    student who is removed.
    """
    students = changes.get(STUDENT.name)
    removes = students is not None and students.count(ChangeKind.REMOVE) > 0
    return [*changes, *(GO_WITH_STUDENT if removes else ())]


def apply(
    conn: Database, district_id: int, changes: Changes, *, run_id: int, today: date
) -> dict[str, int]:
    """Write the changes to one record type and its stamps; how many of each kind, and `stamp`.

    A record that is not there, is there already or is not as `changes.before` has it: StalePlan.
    Whether each record's student exists is checked by `settle`, or at the commit: a run may write
    its record types in any order.
    """
    _set(conn, "rollcall.run", str(run_id))
    conn.execute("SET CONSTRAINTS ALL DEFERRED")
    verb = sql.SQL("DELETE FROM {} t USING").format(sql.Identifier(changes.record.name))
    rows = _of(changes, ChangeKind.REMOVE).select(list(changes.record.key))
    _exactly(conn, district_id, changes, rows, verb)
    values = sql.SQL(", ").join(
        sql.SQL("{0} = s.{0}").format(sql.Identifier(name)) for name in changes.record.columns
    )
    update_verb = sql.SQL("UPDATE {} t SET {} FROM").format(
        sql.Identifier(changes.record.name), values
    )
    update_rows = _of(changes, ChangeKind.UPDATE, ChangeKind.END).select(
        list(changes.record.schema)
    )
    _exactly(conn, district_id, changes, update_rows, update_verb)
    _add(conn, district_id, changes)
    counts = {kind.value: changes.count(kind) for kind in ChangeKind if kind != ChangeKind.NONE}
    ids, name = changes.stamp, changes.record.name
    if ids is None:
        return {**counts, "stamp": 0}
    stamps = write_stamps(conn, district_id, name, ids["local_id"], today, run_id)
    return {**counts, "stamp": stamps}


def settle(conn: Database) -> None:
    """Check what `apply` left for later. Problem when a record's student does not exist."""
    try:
        conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except errors.ForeignKeyViolation as error:
        raise Problem(BROKEN_LINK, f"table {error.diag.table_name}") from error


def _of(changes: Changes, *kinds: ChangeKind) -> pl.DataFrame:
    return changes.after.filter(pl.col("change").is_in([kind.value for kind in kinds]))


def _add(conn: Database, district_id: int, changes: Changes) -> None:
    record = changes.record
    added = _of(changes, ChangeKind.ADD).with_columns(district_id=pl.lit(district_id))
    if added.is_empty():
        return
    try:
        columns = ["district_id", *record.schema]
        write_frame(conn, sql.Identifier(record.name), columns, added)
    except errors.UniqueViolation as error:
        raise StalePlan(f"{record.title}: one to be added is there already") from error


def _exactly(
    conn: Database, district_id: int, changes: Changes, rows: pl.DataFrame, verb: sql.Composable
) -> None:
    """Do `verb` to the records of `rows`, each as `changes.before` has it; StalePlan otherwise.

    The digest says that a record is as it was; being over the key too, it also stands for the key
    parts that may have no value, which the database could not look up.
    """
    if rows.is_empty():
        return
    record = changes.record
    before = changes.before.select(list(record.key)).with_columns(
        digest(changes.before, record).alias("was")
    )
    rows = rows.join(before, on=list(record.key), how="left", nulls_equal=True)
    firm = [name for name in record.key if name not in NULLABLE[record.name]]
    staged = stage(conn, "changes", rows)
    statement = sql.SQL(
        """{verb} {staged} s
        WHERE t.district_id = {district} AND {same} AND t.digest = s.was AND {few}"""
    ).format(
        verb=verb,
        staged=staged,
        few=looked_up(staged, firm[0], rows.height),
        district=sql.Literal(district_id),
        same=matching(firm),
    )
    with joining(conn):
        count = conn.execute(statement).rowcount
    if count != rows.height:
        raise StalePlan(f"{record.title}: {count} of {rows.height} are as planned")
