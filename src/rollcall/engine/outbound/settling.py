"""What became of submissions, written down: the mirror, and what is left in the queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Cursor

from rollcall.engine.outbound.models import SubmissionState
from rollcall.engine.outbound.queue import Taken, mirror_lock, removal_lock
from rollcall.records.copying import Database


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
    """Write answers down in a few statements, however many there are."""
    accepted = [one for one in settled if one.state is None]
    left = [one for one in settled if one.state is not None]
    if accepted:
        _accept(conn, sync_id, accepted, now)
    if left:
        _run(
            conn,
            _LEFT,
            [[getattr(one.taken, name) for one in left] for name in _KEY]
            + [[getattr(one, name) for one in left] for name in _ANSWER],
        )
    if accepted:
        owners = {one.taken.local_id for one in accepted if one.taken.local_id is not None}
        _run(conn, _WAKE, [sync_id, list(owners)])


def _run(conn: Database, query: str, values: Sequence[Any]) -> Cursor[Any]:
    """Have the server put the values in: Django's cursors would write them all into the text."""
    return Cursor(conn).execute(query, values)


def _accept(conn: Database, sync_id: int, accepted: Sequence[Settled], now: datetime) -> None:
    """What the queue has as it was sent moves to the mirror within the database. A wish that came
    meanwhile stays in the queue, no longer in doubt; the mirror gets what was sent.
    """
    lost = [(o.taken.resource, o.taken.key) for o in accepted if o.taken.removes]
    lost += [(o.taken.resource, o.taken.old_key) for o in accepted if o.taken.old_key]
    if lost:
        removal_lock(conn, sync_id)
    mirror_lock(conn, sync_id)
    moved = _run(
        conn,
        _MOVE,
        [
            [one.taken.id for one in accepted],
            [one.taken.version for one in accepted],
            [one.remote_id for one in accepted],
            [one.etag for one in accepted],
            now,
        ],
    )
    done = {number for (number,) in moved}
    if lost:
        _run(conn, _GONE, [*map(list, zip(*lost, strict=True)), sync_id])
    outrun = [one for one in accepted if one.taken.id not in done]
    if outrun:
        _run(conn, _NOT_IN_DOUBT, [[one.taken.id for one in outrun]])
        _mirror(conn, sync_id, [one for one in outrun if not one.taken.removes], now)


def _mirror(conn: Database, sync_id: int, sent: Sequence[Settled], now: datetime) -> None:
    own = [[getattr(one.taken, name) for one in sent] for name in _DOCUMENT]
    answered = [[one.remote_id for one in sent], [one.etag for one in sent]]
    _run(conn, _KEEP, [*own, *answered, sync_id, now])


_KEEPING = """ON CONFLICT (sync_id, resource, key) DO UPDATE SET local_id = excluded.local_id,
    flat = excluded.flat, digest = excluded.digest, etag = excluded.etag,
    remote_id = coalesce(nullif(excluded.remote_id, ''), mirror_document.remote_id),
    seen_at = excluded.seen_at"""
_MOVE = f"""WITH answered AS (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[])
        AS a (id, version, remote_id, etag)
), done AS (
    DELETE FROM submission s USING answered a WHERE s.id = a.id AND s.version = a.version
    RETURNING s.*, a.remote_id, a.etag
), kept AS (
    INSERT INTO mirror_document (
        sync_id, resource, key, local_id, flat, digest, remote_id, etag, seen_at)
    SELECT sync_id, resource, key, local_id, flat, digest, remote_id, etag, %s::timestamptz
    FROM done WHERE flat IS NOT NULL
    {_KEEPING}
) SELECT id FROM done"""  # noqa: S608 - the texts are ours
_DOCUMENT = ("resource", "key", "local_id", "flat", "digest")
_KEEP = f"""INSERT INTO mirror_document (
    resource, key, local_id, flat, digest, remote_id, etag, sync_id, seen_at)
SELECT a.*, v.* FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::text[]) AS a (resource, key, local_id, flat, digest, remote_id, etag),
    (VALUES (%s::bigint, %s::timestamptz)) AS v
{_KEEPING}"""  # noqa: S608 - the texts are ours
_GONE = """DELETE FROM mirror_document m
USING unnest(%s::text[], %s::text[]) AS a (resource, key)
WHERE m.sync_id = %s AND m.resource = a.resource AND m.key = a.key"""
_NOT_IN_DOUBT = "UPDATE submission SET tried = false WHERE id = ANY(%s::bigint[])"
_KEY = ("id", "version")
_ANSWER = ("state", "code", "text", "next_attempt", "in_doubt", "sent")
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
_WAKE = """UPDATE submission SET state = 'waiting', next_attempt = NULL
WHERE sync_id = %s AND state = 'parent' AND local_id = ANY(%s::text[])"""
