"""Writes down how sending ended: in the mirror, and in the queue for what stays there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from json import dumps
from typing import Any

from psycopg import Cursor

from rollcall.engine.outbound.models import SubmissionState
from rollcall.engine.outbound.queue import (
    QueuedSubmission,
    planning_lock,
    removal_lock,
    writing_lock,
)
from rollcall.records.copying import Database

Row = dict[str, Any]


class Outcome(StrEnum):
    """How sending a submission ended; unless accepted, the state that it has then."""

    ACCEPTED = "accepted"
    WAITING = SubmissionState.WAITING.value
    PARENT = SubmissionState.PARENT.value
    REFUSED = SubmissionState.REFUSED.value


@dataclass(slots=True)
class Settled:
    """How sending a submission ended. `sent` false: it was given back without having been sent.
    `in_doubt`: the partner may have taken it all the same.
    """

    taken: QueuedSubmission
    outcome: Outcome
    code: str = ""
    text: str = ""
    remote_id: str = ""
    remote_version: str = ""
    next_attempt: datetime | None = None
    in_doubt: bool = False
    sent: bool = True


def settle(conn: Database, sync_id: int, settled: Sequence[Settled], at: datetime) -> None:
    """Write answers down in a few statements, however many there are.

    Not between the reading of a plan and its putting: a document that was read to be as the mirror
    has it is none, and the answer to an earlier one would leave the document otherwise.
    """
    accepted = [answer for answer in settled if answer.outcome is Outcome.ACCEPTED]
    unsettled = [answer for answer in settled if answer.outcome is not Outcome.ACCEPTED]
    # What the partner no longer has: documents that went, and the keys that others had.
    lost = [
        {"resource": submission.resource, "key": key}
        for submission in (answer.taken for answer in accepted)
        for key in (submission.key if submission.removes else None, submission.old_key)
        if key
    ]
    if lost:
        removal_lock(conn, sync_id)
    planning_lock(conn, sync_id)
    writing_lock(conn, sync_id)
    if accepted:
        _accept(conn, sync_id, accepted, lost, at)
    if unsettled:
        _run(conn, _LEFT, [_row(answer, _LEFT_AS) for answer in unsettled])
    if accepted:
        owners = {answer.taken.local_id for answer in accepted if answer.taken.local_id is not None}
        _run(conn, _WAKE, list(owners), sync=sync_id)


def _run(conn: Database, query: str, rows: Sequence[Any], **values: Any) -> Cursor[Any]:
    """Have the server put the values in: Django's cursors would write them all into the text.
    `rows` as one JSON text: as arrays of values 1,000 took three times as much of our time.
    """
    text = dumps(rows, default=datetime.isoformat)
    return Cursor(conn).execute(query, {"rows": text, **values})


def _row(settled: Settled, answer: Sequence[str], taken: Sequence[str] = ("id", "version")) -> Row:
    """Some values of an answer and of its submission, by name."""
    row = {name: getattr(settled.taken, name) for name in taken}
    return row | {name: getattr(settled, name) for name in answer}


def _accept(
    conn: Database,
    sync_id: int,
    accepted: Sequence[Settled],
    lost: Sequence[Row],
    at: datetime,
) -> None:
    """What the queue has as it was sent moves to the mirror within the database. A submission that
    came meanwhile stays in the queue, no longer in doubt; the mirror gets what was sent.
    """
    moved = _run(conn, _MOVE, [_row(answer, _ANSWERED) for answer in accepted], now=at)
    done = {number for (number,) in moved}
    if lost:
        _run(conn, _GONE, lost, sync=sync_id)
    outrun = [answer for answer in accepted if answer.taken.id not in done]
    if outrun:
        _run(conn, _NOT_IN_DOUBT, [answer.taken.id for answer in outrun])
        replaced = [answer for answer in outrun if not answer.taken.removes]
        rows = [_row(answer, _ANSWERED, _DOCUMENT) for answer in replaced]
        _run(conn, _KEEP, rows, sync=sync_id, now=at)


_ANSWERED = ("remote_id", "remote_version")
_DOCUMENT = ("resource", "key", "local_id", "flat", "digest")
_LEFT_AS = ("outcome", "code", "text", "next_attempt", "in_doubt", "sent")
_KEEPING = """ON CONFLICT (sync_id, resource, key) DO UPDATE SET local_id = excluded.local_id,
    flat = excluded.flat, digest = excluded.digest, remote_version = excluded.remote_version,
    remote_id = coalesce(nullif(excluded.remote_id, ''), mirror_document.remote_id),
    seen_at = excluded.seen_at"""
_MOVE = f"""WITH answered AS (
    SELECT * FROM json_to_recordset(%(rows)s)
        AS a (id bigint, version bigint, remote_id text, remote_version text)
), done AS (
    DELETE FROM submission s USING answered a WHERE s.id = a.id AND s.version = a.version
    RETURNING s.*, a.remote_id, a.remote_version
), kept AS (
    INSERT INTO mirror_document (
        sync_id, resource, key, local_id, flat, digest, remote_id, remote_version, seen_at)
    SELECT sync_id, resource, key, local_id, flat, digest, remote_id, remote_version, %(now)s
    FROM done WHERE flat IS NOT NULL
    {_KEEPING}
) SELECT id FROM done"""  # noqa: S608 - the texts are ours
_KEEP = f"""INSERT INTO mirror_document (
    resource, key, local_id, flat, digest, remote_id, remote_version, sync_id, seen_at)
SELECT a.*, %(sync)s, %(now)s FROM json_to_recordset(%(rows)s) AS a (
    resource text, key text, local_id text, flat text, digest text, remote_id text,
    remote_version text)
{_KEEPING}"""  # noqa: S608 - the texts are ours
_GONE = """DELETE FROM mirror_document m
USING json_to_recordset(%(rows)s) AS a (resource text, key text)
WHERE m.sync_id = %(sync)s AND m.resource = a.resource AND m.key = a.key"""
_NOT_IN_DOUBT = """UPDATE submission SET tried = false
FROM json_array_elements_text(%(rows)s) AS a (id) WHERE submission.id = a.id::bigint"""
_LEFT = """UPDATE submission s SET
    tried = a.in_doubt,
    state = CASE WHEN s.version = a.version THEN a.outcome ELSE s.state END,
    code = CASE WHEN s.version = a.version AND a.sent THEN a.code ELSE s.code END,
    text = CASE WHEN s.version = a.version AND a.sent THEN a.text ELSE s.text END,
    attempts = CASE WHEN s.version = a.version THEN s.attempts + a.sent::int ELSE s.attempts END,
    next_attempt = CASE WHEN s.version = a.version THEN a.next_attempt ELSE s.next_attempt END
FROM json_to_recordset(%(rows)s) AS a (id bigint, version bigint, outcome text, code text,
    text text, next_attempt timestamptz, in_doubt boolean, sent boolean)
WHERE s.id = a.id"""
#: A join: an array that is no constant is gone through for each row.
_WAKE = """UPDATE submission s SET state = 'waiting', next_attempt = NULL
FROM json_array_elements_text(%(rows)s) AS a (local_id)
WHERE s.sync_id = %(sync)s AND s.state = 'parent' AND s.local_id = a.local_id"""
