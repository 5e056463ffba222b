"""How PostgreSQL finds what is due of a sync that it has no statistics of yet."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from tests.minnesota import Capital, world

from rollcall.engine.models import Sync
from rollcall.engine.outbound import queue
from rollcall.sandbox.edfi.server import EdfiServer

NOW = datetime(2025, 10, 15, 15, tzinfo=UTC)
MANY, TAKEN = 3_000, 20
_QUEUE = f"""INSERT INTO submission (sync_id, resource, key, local_id, kind, flat, digest, since,
    version, state, tried, attempts, code, text)
SELECT %s, 'students', 'key ' || n, n, 'add', 'a', 'a', %s, 1, 'waiting', false, 0, '', ''
FROM generate_series(1, {MANY}) n"""
_MIRROR = f"""INSERT INTO mirror_document (sync_id, resource, key, local_id, flat, digest,
    remote_id, etag, seen_at)
SELECT %s, 'students', 'key ' || n, n, 'a', 'a', '', '', %s
FROM generate_series(1, {MANY}) n"""


@pytest.fixture
def plan(wired: None) -> Iterator[dict[str, Any]]:
    """How the first are taken of a sync that got its queue after another sync was counted."""
    with EdfiServer(world()) as state:
        capital = Capital(state)
        capital.apply()
    sync = capital.sync
    first = Sync.objects.create(
        district=sync.district, name="first", integration="edfi", schedule_seen=NOW
    )
    with transaction.atomic(), connection.cursor() as cursor:
        for one in (first, sync):
            cursor.execute(_QUEUE, [one.pk, NOW])
            cursor.execute(_MIRROR, [one.pk, NOW])
            if one is first:
                cursor.execute("ANALYZE submission, mirror_document")
        values = {"sync": sync.pk, "now": NOW, "behind": 0, "limit": TAKEN, "busy": []}
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + queue._TAKE, values)
        ((told,),) = cursor.fetchall()
        transaction.set_rollback(True)
    yield told[0]["Plan"]
    first.delete()


def test_nothing_is_read_whole_for_each_student(plan: dict[str, Any]) -> None:
    assert plan["Actual Rows"] == TAKEN
    assert passed_over(plan) <= TAKEN


def passed_over(plan: dict[str, Any]) -> int:
    """Rows that a plan's steps read and passed over."""
    parts = sum(passed_over(one) for one in plan.get("Plans", []))
    return parts + int(plan.get("Rows Removed by Filter", 0) * plan["Actual Loops"])
