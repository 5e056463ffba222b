"""The queue of submissions: wishes are put in, the sender takes them and settles the answers.

Every function is one or few set-based statements in the caller's transaction. `put` and the
reading that leads to it happen under `planning_lock`, so that an older wish never takes the place
of a newer one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl
from psycopg import sql
from psycopg.rows import class_row

from rollcall.core.plan import ChangeKind
from rollcall.engine.outbound.models import SubmissionState
from rollcall.records.copying import Database, given, stage

_PLANNING_LOCKS = 0x526F6C70  # this application's space of advisory locks: "Rolp"


def planning_lock(conn: Database, sync_id: int) -> None:
    """Hold, until the transaction ends, the right to put wishes of a sync."""
    conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_PLANNING_LOCKS, sync_id])


_STUDENTS = {"local_id": pl.String()}


@dataclass(frozen=True)
class Put:
    """How wishes are put. `students`: the wishes are all there is for these (local_id; None: for
    everybody), so what else waits for them is no longer wanted. `held_back`: students of whom
    nothing goes. `removes`: false when removals were not looked for. `again`: also what was refused
    or waits is tried anew. `since`: when what is wished came up. `hold_removals`: they wait for a
    person. `skip`: students whose submissions are left alone (local_id).
    """

    sync_id: int
    since: datetime
    students: pl.DataFrame | None
    held_back: pl.DataFrame
    removes: bool = True
    again: bool = False
    run_id: int | None = None
    hold_removals: bool = False
    skip: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_STUDENTS))


def put(conn: Database, wishes: pl.DataFrame, how: Put) -> int:
    """Make submissions of wishes (WISH_SCHEMA), folding them into those that wait; how many were
    made or changed.

    What the mirror has already as wished is left out, unless an answer about it is outstanding.
    """
    stage(conn, "wish", wishes)
    conn.execute(_NOT_NEEDED, {"sync": how.sync_id})
    folded = conn.execute(
        _FOLD,
        {
            "sync": how.sync_id,
            "run": how.run_id,
            "since": how.since,
            "hold": how.hold_removals,
            "again": how.again,
        },
    ).rowcount
    dropped = _drop(conn, how)
    if folded or dropped:
        conn.execute("SELECT pg_notify('rollcall_edit', '')")
    return folded


#: A wish for what the mirror holds, or for the end of what it does not hold.
_NOT_NEEDED = """DELETE FROM wish w WHERE
    w.digest IS NOT NULL AND w.old_key IS NULL AND EXISTS (
        SELECT FROM mirror_document m WHERE m.sync_id = %(sync)s AND m.resource = w.resource
            AND m.key = w.key AND m.digest = w.digest)
    OR w.digest IS NULL AND NOT EXISTS (
        SELECT FROM mirror_document m WHERE m.sync_id = %(sync)s AND m.resource = w.resource
            AND m.key = w.key)"""

_FOLD = """INSERT INTO submission (sync_id, resource, key, old_key, local_id, kind, flat, digest,
    version, run_id, since, state, tried, attempts, code, text)
SELECT %(sync)s, resource, key, old_key, local_id, kind, flat, digest,
    1, %(run)s, %(since)s,
    CASE WHEN %(hold)s AND kind = 'remove' THEN 'held' ELSE 'waiting' END, false, 0, '', ''
FROM wish
ON CONFLICT (sync_id, resource, key) DO UPDATE SET
    old_key = excluded.old_key, local_id = excluded.local_id, kind = excluded.kind,
    flat = excluded.flat, digest = excluded.digest, version = submission.version + 1,
    run_id = coalesce(excluded.run_id, submission.run_id), state = excluded.state,
    attempts = 0, next_attempt = NULL, code = '', text = ''
WHERE %(again)s OR (submission.digest, submission.old_key)
    IS DISTINCT FROM (excluded.digest, excluded.old_key)"""


def _drop(conn: Database, how: Put) -> int:
    """Of the students looked at, end what waits and is no longer wished.

    What was never sent is dropped. Where an answer is outstanding the partner may have it: it is
    told again what the mirror says, or to take the document away.
    """
    scope: sql.Composable = sql.SQL("true")
    if how.students is not None:
        students = given(conn, "wish_students", how.students.select("local_id"))
        scope = sql.SQL("s.local_id IN (SELECT local_id FROM {} AS a)").format(students)
    kinds = sql.SQL("true" if how.removes else "s.kind <> 'remove'")
    left = sql.SQL(
        """s.sync_id = {sync} AND {scope} AND {kinds}
        AND NOT EXISTS (SELECT FROM wish w WHERE w.resource = s.resource AND w.key = s.key)
        AND NOT EXISTS (SELECT FROM {skip} n WHERE n.local_id = s.local_id)"""
    ).format(
        sync=sql.Literal(how.sync_id),
        scope=scope,
        kinds=kinds,
        skip=given(conn, "wish_skip", how.skip.select("local_id")),
    )
    dropped = conn.execute(
        sql.SQL("DELETE FROM submission s WHERE {} AND NOT s.tried").format(left)
    ).rowcount
    held_back = given(conn, "wish_held_back", how.held_back.select("local_id"))
    return dropped + conn.execute(sql.SQL(_TELL_AGAIN).format(left, held_back)).rowcount


_TELL_AGAIN = """UPDATE submission s SET
    kind = CASE WHEN m.digest IS NULL THEN 'remove' ELSE 'update' END,
    flat = m.flat, digest = m.digest, version = s.version + 1, old_key = NULL,
    state = 'waiting', attempts = 0, next_attempt = NULL, code = '', text = ''
FROM submission o LEFT JOIN mirror_document m
    ON m.sync_id = o.sync_id AND m.resource = o.resource AND m.key = o.key
WHERE o.id = s.id AND {} AND s.tried AND s.digest IS DISTINCT FROM m.digest
    AND NOT (m.digest IS NULL AND EXISTS (
        SELECT FROM {} h WHERE h.local_id = s.local_id))"""


@dataclass(slots=True)
class Taken:
    """A submission in the sender's hands, with what the mirror knows of the document."""

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
    due: bool
    asked: bool
    remote_id: str
    at_partner: bool
    body: bytes = b""
    owner: str = ""
    looked_for: bool = False

    @property
    def removes(self) -> bool:
        """Whether the document is to go."""
        return self.kind == ChangeKind.REMOVE


def take(
    conn: Database, sync_id: int, now: datetime, behind: int, limit: int, busy: Sequence[str]
) -> list[Taken]:
    """The next submissions that are due (`asked`), with all others of the same students; none of
    the students that are `busy`.

    They are marked as tried before anything is sent, so that a sender that dies leaves no doubt
    unmarked. `behind`: only with a greater number, so that a sweep goes on where it was.
    """
    values = {"sync": sync_id, "now": now, "behind": behind, "limit": limit, "busy": list(busy)}
    with conn.cursor(row_factory=class_row(Taken)) as cursor:
        found = cursor.execute(_TAKE, values).fetchall()
    conn.execute(
        "UPDATE submission SET tried = true WHERE id = ANY(%s) AND NOT tried",
        [[one.id for one in found if one.due]],
    )
    return found


_DUE = """({0}state = 'waiting' AND coalesce({0}next_attempt <= %(now)s, true)
    OR {0}state = 'parent' AND {0}next_attempt <= %(now)s)"""
_TAKE = f"""WITH next AS MATERIALIZED (
    SELECT id, local_id FROM submission
    WHERE sync_id = %(sync)s AND id > %(behind)s AND state IN ('waiting', 'parent')
        AND {_DUE.format("")} AND NOT (local_id IS NOT NULL AND local_id = ANY(%(busy)s))
    ORDER BY id LIMIT %(limit)s)
SELECT s.id, s.resource, s.key, s.old_key, s.local_id, s.kind, s.flat, s.digest, s.version,
    s.run_id, s.attempts, s.tried, {_DUE.format("s.")} AS due,
    s.id IN (SELECT id FROM next) AS asked,
    coalesce(m.remote_id, '') AS remote_id, m.digest IS NOT NULL AS at_partner
FROM submission s
LEFT JOIN mirror_document m ON m.sync_id = s.sync_id AND m.resource = s.resource
    AND m.key = coalesce(s.old_key, s.key)
WHERE s.sync_id = %(sync)s AND s.state IN ('waiting', 'parent', 'refused') AND (
    s.id IN (SELECT id FROM next)
    OR s.local_id IN (SELECT local_id FROM next))
ORDER BY s.id"""  # noqa: S608 - the texts are ours


@dataclass(slots=True)
class Settled:
    """What became of a submission: `state` None when it was accepted. `sent` false: it was given
    back without having been sent. `in_doubt`: the partner may have taken it all the same.
    """

    taken: Taken
    state: SubmissionState | None
    code: str = ""
    text: str = ""
    remote_id: str = ""
    etag: str = ""
    next_attempt: datetime | None = None
    in_doubt: bool = False
    sent: bool = True


def settle(conn: Database, sync_id: int, settled: Sequence[Settled], now: datetime) -> None:
    """Write answers down: the mirror, and what is left of the submissions."""
    accepted = [one for one in settled if one.state is None]
    gone = [one for one in accepted if one.taken.removes]
    kept = [one for one in accepted if not one.taken.removes]
    if kept:
        conn.execute(_MIRROR_KEPT, [*_columns(kept, *_KEPT), sync_id, now])
    lost = [(o.taken.resource, o.taken.key) for o in gone]
    lost += [(o.taken.resource, o.taken.old_key) for o in kept if o.taken.old_key]
    if lost:
        conn.execute(_MIRROR_GONE, [*map(list, zip(*lost, strict=True)), sync_id])
    if accepted:
        conn.execute(_ACCEPTED, _columns(accepted, "id", "version"))
    left = [one for one in settled if one.state is not None]
    if left:
        conn.execute(_LEFT, _columns(left, *_LEFT_COLUMNS))
    if accepted:
        _wake_waiting_for_parents(conn, sync_id, accepted)


def _columns(settled: Iterable[Settled], *names: str) -> list[list[Any]]:
    """One list a name: a part of what was settled, or of the submission it is about."""
    given = list(settled)
    return [
        [getattr(one if hasattr(one, name) else one.taken, name) for one in given] for name in names
    ]


_KEPT = ("resource", "key", "local_id", "flat", "digest", "remote_id", "etag")
_MIRROR_KEPT = """INSERT INTO mirror_document (
    resource, key, local_id, flat, digest, remote_id, etag, sync_id, seen_at)
SELECT a.*, v.* FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::text[]) AS a (resource, key, local_id, flat, digest, remote_id, etag),
    (VALUES (%s::bigint, %s::timestamptz)) AS v
ON CONFLICT (sync_id, resource, key) DO UPDATE SET local_id = excluded.local_id,
    flat = excluded.flat, digest = excluded.digest, etag = excluded.etag,
    remote_id = coalesce(nullif(excluded.remote_id, ''), mirror_document.remote_id),
    seen_at = excluded.seen_at"""
_MIRROR_GONE = """DELETE FROM mirror_document m
USING unnest(%s::text[], %s::text[]) AS a (resource, key)
WHERE m.sync_id = %s AND m.resource = a.resource AND m.key = a.key"""
# A wish that came while this one was under way stays, and is no longer in doubt.
_ACCEPTED = """WITH answered AS (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS a (id, version)
), done AS (
    DELETE FROM submission s USING answered a WHERE s.id = a.id AND s.version = a.version
)
UPDATE submission s SET tried = false FROM answered a
WHERE s.id = a.id AND s.version <> a.version"""
_LEFT_COLUMNS = ("id", "version", "state", "code", "text", "next_attempt", "in_doubt", "sent")
_LEFT = """UPDATE submission s SET
    tried = a.in_doubt,
    state = CASE WHEN s.version = a.version THEN a.state ELSE s.state END,
    code = CASE WHEN s.version = a.version THEN a.code ELSE s.code END,
    text = CASE WHEN s.version = a.version THEN a.text ELSE s.text END,
    attempts = CASE WHEN s.version = a.version THEN s.attempts + a.sent::int ELSE s.attempts END,
    next_attempt = CASE WHEN s.version = a.version THEN a.next_attempt ELSE s.next_attempt END
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[],
    %s::boolean[], %s::boolean[])
    AS a (id, version, state, code, text, next_attempt, in_doubt, sent)
WHERE s.id = a.id"""


def _wake_waiting_for_parents(conn: Database, sync_id: int, accepted: Sequence[Settled]) -> None:
    owners = {one.taken.local_id for one in accepted if one.taken.local_id is not None}
    conn.execute(
        """UPDATE submission SET state = 'waiting', next_attempt = NULL
        WHERE sync_id = %s AND state = 'parent' AND local_id = ANY(%s)""",
        [sync_id, list(owners)],
    )


def unsettled(conn: Database, sync_id: int, run_id: int | None = None) -> int:
    """How many submissions wait to be sent, of a run or all."""
    row = conn.execute(
        """SELECT count(*) FROM submission WHERE sync_id = %s AND state = 'waiting'
        AND (%s::bigint IS NULL OR run_id = %s)""",
        [sync_id, run_id, run_id],
    ).fetchone()
    return int(row[0]) if row else 0
