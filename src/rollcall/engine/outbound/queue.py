"""The queue of submissions: submissions are put in, the sender takes them and settles the answers.

Every function is one or few set-based statements in the caller's transaction. `put` and the
reading that leads to it happen under `planning_lock`, so that an older one never takes the place
of a newer one and no answer is written down between the two. Whoever takes several of the locks
takes them in this order: removal, planning, writing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import polars as pl
from psycopg import sql
from psycopg.rows import args_row

from rollcall.core.plans.plan import ChangeKind
from rollcall.records.copying import Database, given, stage

_PLANNING_LOCKS = 0x526F6C70  # this application's space of advisory locks: "Rolp"
_REMOVAL_LOCKS = 0x526F6C67  # and those for what is gone and for writing: "Rolg", "Rolm"
_WRITING_LOCKS = 0x526F6C6D


def planning_lock(conn: Database, sync_id: int) -> None:
    """Lock, until the transaction ends, who puts submissions of a sync and settles them."""
    conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_PLANNING_LOCKS, sync_id])


def removal_lock(conn: Database, sync_id: int) -> None:
    """Hold, until the transaction ends, the right to say what the partner no longer has. Whoever
    reads a page from the partner holds it from the question until the page is in the mirror.
    """
    conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_REMOVAL_LOCKS, sync_id])


def writing_lock(conn: Database, sync_id: int) -> None:
    """Hold, until the transaction ends, the right to write many rows of a sync's queue or mirror:
    two who did it in different orders would wait for each other.
    """
    conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_WRITING_LOCKS, sync_id])


_STUDENTS = {"local_id": pl.String()}


@dataclass(frozen=True)
class Put:
    """How submissions are put. `students`: they are all there is for these (local_id; None: for
    everybody), so what else waits for them is no longer called for. `held_back`: students of whom
    nothing goes. `removes`: false when removals were not looked for. `lasting`: resources of which
    nothing ever goes. `again`: also what was refused or waits is tried anew. `since`: when what is
    desired came up. `hold_removals`: they wait for a person. `skip`: students whose
    submissions are left alone (local_id).
    """

    sync_id: int
    since: datetime
    students: pl.DataFrame | None
    held_back: pl.DataFrame
    removes: bool = True
    lasting: tuple[str, ...] = ()
    again: bool = False
    run_id: int | None = None
    hold_removals: bool = False
    skip: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_STUDENTS))


class Dropped(NamedTuple):
    """A submission that was dropped, because no record calls for it any longer."""

    resource: str
    key: str
    local_id: str | None


@dataclass(frozen=True)
class PlannedStudents:
    """The students a plan is about (local_id; None: everybody), of whom nothing goes, and
    of whom something was on its way to the partner when it was made.
    """

    students: pl.DataFrame | None
    held_back: pl.DataFrame
    on_their_way: pl.DataFrame


def on_their_way(conn: Database, sync_id: int, students: pl.DataFrame | None) -> pl.DataFrame:
    """Of these students (local_id; None: all) those of whom something waits to be sent, or for an
    answer.
    """
    rows = conn.execute(
        """SELECT DISTINCT local_id FROM submission
        WHERE sync_id = %s AND state IN ('waiting', 'parent') AND local_id IS NOT NULL""",
        [sync_id],
    ).fetchall()
    frame = pl.DataFrame(rows, schema=_STUDENTS, orient="row")
    return frame if students is None else frame.join(students, on="local_id", how="semi")


def put(conn: Database, desired: pl.DataFrame, how: Put) -> list[Dropped]:
    """Make submissions of what is desired (DESIRED_SCHEMA), folding them into those that wait;
    those that were dropped.

    What the mirror has already as desired is left out, unless an answer about it is outstanding.
    """
    stage(conn, "desired", desired)
    writing_lock(conn, how.sync_id)
    conn.execute(_NOT_NEEDED, {"sync": how.sync_id})
    conn.execute(_REMOVE_APART + _APART + ")", {"sync": how.sync_id})
    conn.execute(_ADD_APART + _APART, {"sync": how.sync_id})
    looked_at = _looked_at(conn, how)
    back = {"removes": sql.Literal(how.removes), "looked_at": looked_at}
    conn.execute(sql.SQL(_PUT_BACK).format(**back))
    folded = conn.execute(
        _FOLD,
        {
            "sync": how.sync_id,
            "run": how.run_id,
            "since": how.since,
            "hold": how.hold_removals,
            "again": how.again,
            "removes": how.removes,
        },
    ).rowcount
    dropped, sent_again = _drop(conn, how, looked_at)
    if folded or sent_again:
        conn.execute("SELECT pg_notify('rollcall_edit', '')")
    return dropped


#: Desired is what the mirror has, or the end of what it does not have.
_NOT_NEEDED = """DELETE FROM desired w WHERE
    w.digest IS NOT NULL AND w.old_key IS NULL AND EXISTS (
        SELECT FROM mirror_document m WHERE m.sync_id = %(sync)s AND m.resource = w.resource
            AND m.key = w.key AND m.digest = w.digest)
    OR w.digest IS NULL AND NOT EXISTS (
        SELECT FROM mirror_document m WHERE m.sync_id = %(sync)s AND m.resource = w.resource
            AND m.key = w.key)"""

#: A key is changed in place only when there is no doubt that the new one is free: where an answer
#: about it is outstanding it is added, and the old one removed.
_APART = """FROM submission s WHERE s.sync_id = %(sync)s AND s.tried
    AND w.old_key IS NOT NULL AND w.resource = s.resource AND w.key = s.key
    AND s.old_key IS DISTINCT FROM w.old_key"""
_REMOVE_APART = """INSERT INTO desired (resource, key, local_id, kind)
SELECT resource, old_key, local_id, 'remove' FROM desired w WHERE EXISTS (SELECT """
_ADD_APART = "UPDATE desired w SET old_key = NULL "
#: Where an answer to a change of key is outstanding and the change is no longer desired, the
#: document may have left its old key: it is put there again.
_PUT_BACK = """INSERT INTO desired (resource, key, local_id, kind, flat, digest)
SELECT m.resource, m.key, s.local_id, 'update', m.flat, m.digest
FROM submission s JOIN mirror_document m
    ON m.sync_id = s.sync_id AND m.resource = s.resource AND m.key = s.old_key
WHERE s.tried AND s.old_key IS NOT NULL AND {looked_at}
    AND NOT EXISTS (SELECT FROM desired w WHERE w.resource = s.resource
        AND (s.old_key IN (w.key, w.old_key) OR NOT {removes} AND w.key = s.key))"""

_FOLD = """INSERT INTO submission (sync_id, resource, key, old_key, local_id, kind, flat, digest,
    version, run_id, since, state, tried, attempts, code, text)
SELECT %(sync)s, resource, key, old_key, local_id, kind, flat, digest,
    1, %(run)s, %(since)s,
    CASE WHEN %(hold)s AND kind = 'remove' THEN 'held' ELSE 'waiting' END, false, 0, '', ''
FROM desired
ON CONFLICT (sync_id, resource, key) DO UPDATE SET
    old_key = CASE WHEN %(removes)s THEN excluded.old_key
        ELSE coalesce(excluded.old_key, submission.old_key) END,
    local_id = excluded.local_id, kind = excluded.kind,
    flat = excluded.flat, digest = excluded.digest, version = submission.version + 1,
    run_id = coalesce(excluded.run_id, submission.run_id), state = excluded.state,
    attempts = 0, next_attempt = NULL, code = '', text = ''
WHERE %(again)s OR (submission.digest, submission.old_key)
    IS DISTINCT FROM (excluded.digest, excluded.old_key)"""


def _looked_at(conn: Database, how: Put) -> sql.Composable:
    """The condition on submissions `s` that what is desired is all there is for whom they are
    about.
    """
    scope: sql.Composable = sql.SQL("true")
    if how.students is not None:
        students = given(conn, "desired_students", how.students.select("local_id"))
        scope = sql.SQL("s.local_id IN (SELECT local_id FROM {} AS a)").format(students)
    skip = given(conn, "desired_skip", how.skip.select("local_id"))
    return sql.SQL(
        """s.sync_id = {sync} AND {scope}
        AND NOT EXISTS (SELECT FROM {skip} n WHERE n.local_id = s.local_id)"""
    ).format(sync=sql.Literal(how.sync_id), scope=scope, skip=skip)


def _drop(conn: Database, how: Put, looked_at: sql.Composable) -> tuple[list[Dropped], int]:
    """Of the students looked at, end what waits and is no longer desired; what was dropped, and how
    many are sent again.

    What was never sent is dropped, and so is what another document takes the place of. Where an
    answer is outstanding the partner may have it: it is sent again what the mirror says, or to take
    the document away; what never goes is dropped, and the mirror no longer says what it is.
    """
    remaining = sql.SQL(
        """{looked_at} AND {kinds}
        AND NOT EXISTS (SELECT FROM desired w WHERE w.resource = s.resource AND w.key = s.key)"""
    ).format(looked_at=looked_at, kinds=sql.SQL("true" if how.removes else "s.kind <> 'remove'"))
    lasts = sql.SQL("s.resource = ANY({})").format(sql.Literal(list(how.lasting)))
    conn.execute(sql.SQL(_UNSURE).format(remaining, lasts))
    dropped = conn.execute(sql.SQL(_DROP).format(remaining, lasts)).fetchall()
    held_back = given(conn, "desired_held_back", how.held_back.select("local_id"))
    again = conn.execute(sql.SQL(_SEND_AGAIN).format(remaining, held_back)).rowcount
    return [Dropped(*row) for row in dropped], again


_UNSURE = """DELETE FROM mirror_document m USING submission s
WHERE {} AND s.tried AND {} AND m.sync_id = s.sync_id AND m.resource = s.resource
    AND m.key = s.key"""
_DROP = """DELETE FROM submission s WHERE {} AND (NOT s.tried OR {} OR EXISTS (
    SELECT FROM desired w WHERE w.resource = s.resource AND w.old_key = s.key))
RETURNING s.resource, s.key, s.local_id"""
_SEND_AGAIN = """UPDATE submission s SET
    kind = CASE WHEN m.digest IS NULL THEN 'remove' ELSE 'update' END,
    flat = m.flat, digest = m.digest, version = s.version + 1, old_key = NULL,
    state = 'waiting', attempts = 0, next_attempt = NULL, code = '', text = ''
FROM submission o LEFT JOIN mirror_document m
    ON m.sync_id = o.sync_id AND m.resource = o.resource AND m.key = o.key
WHERE o.id = s.id AND {} AND s.tried AND s.digest IS DISTINCT FROM m.digest
    AND NOT (m.digest IS NULL AND EXISTS (
        SELECT FROM {} h WHERE h.local_id = s.local_id))"""


@dataclass(slots=True)
class QueuedSubmission:
    """A submission in the sender's hands, with what the mirror knows of the document. Up to
    `remote_id` the columns of `_TAKE`. `due`: it is sent now; it waits, or was refused, otherwise.
    `document`: as the channel prepared it.
    """

    id: int
    resource: str
    key: str
    old_key: str | None
    local_id: str | None
    kind: str
    flat: str | None
    digest: str | None
    version: int
    run_id: int | None
    attempts: int
    tried: bool
    next_attempt: datetime | None
    due: bool
    in_turn: bool
    remote_id: str
    document: Any = None
    owner: str = ""

    @property
    def removes(self) -> bool:
        """Whether the document is to go."""
        return self.kind == ChangeKind.REMOVE


def take(
    conn: Database, sync_id: int, at: datetime, behind: int, limit: int, busy: Sequence[str]
) -> list[QueuedSubmission]:
    """The next submissions that are due (`in_turn`), with all others of the same students; none of
    the students that are `busy`.

    They are marked as tried before anything is sent, so that a sender that dies leaves no doubt
    unmarked. `behind`: only with a greater number, so that a sweep goes on where it was.
    """
    writing_lock(conn, sync_id)  # what is found is still there when it is marked
    values = {"sync": sync_id, "now": at, "behind": behind, "limit": limit, "busy": list(busy)}
    with conn.cursor(row_factory=args_row(QueuedSubmission)) as cursor:
        rows = cursor.execute(_TAKE, values).fetchall()
    conn.execute(
        "UPDATE submission SET tried = true WHERE id = ANY(%s) AND NOT tried",
        [[row.id for row in rows if row.due]],
    )
    return rows


_DUE = """({0}state = 'waiting' AND coalesce({0}next_attempt <= %(now)s, true)
    OR {0}state = 'parent' AND {0}next_attempt <= %(now)s)"""
#: Each part by its own index: with one condition on both, all that waits would be read each time.
_TAKE = f"""WITH next AS MATERIALIZED (
    SELECT id, local_id FROM submission
    WHERE sync_id = %(sync)s AND id > %(behind)s AND state IN ('waiting', 'parent')
        AND {_DUE.format("")} AND NOT (local_id IS NOT NULL AND local_id = ANY(%(busy)s))
    ORDER BY id LIMIT %(limit)s
), theirs AS MATERIALIZED (
    SELECT id FROM next UNION
    SELECT id FROM submission
    WHERE sync_id = %(sync)s AND local_id = ANY (ARRAY(SELECT local_id FROM next)))
SELECT s.id, s.resource, s.key, s.old_key, s.local_id, s.kind, s.flat, s.digest, s.version,
    s.run_id, s.attempts, s.tried, s.next_attempt, {_DUE.format("s.")} AS due,
    s.id IN (SELECT id FROM next) AS in_turn, coalesce(m.remote_id, '') AS remote_id
FROM submission s
LEFT JOIN mirror_document m ON m.sync_id = s.sync_id AND m.resource = s.resource
    AND m.key = coalesce(s.old_key, s.key)
WHERE s.id = ANY (ARRAY(SELECT id FROM theirs))
    AND s.state IN ('waiting', 'parent', 'refused')
ORDER BY s.id"""  # noqa: S608 - the texts are ours


def unsettled(conn: Database, sync_id: int, run_id: int | None = None) -> int:
    """How many submissions wait to be sent, of a run or all."""
    row = conn.execute(
        """SELECT count(*) FROM submission WHERE sync_id = %s AND state = 'waiting'
        AND (%s::bigint IS NULL OR run_id = %s)""",
        [sync_id, run_id, run_id],
    ).fetchone()
    return int(row[0]) if row else 0
