"""How PostgreSQL finds what is due of a sync that it has no statistics of yet."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from tests.minnesota import Capital, world

from rollcall.engine.models import Sync
from rollcall.engine.outbound import queue
from rollcall.engine.outbound.near_real_time import attending
from rollcall.sandbox.edfi.server import EdfiServer

NOW = datetime(2025, 10, 15, 15, tzinfo=UTC)
MANY, TAKEN = 3_000, 20
_EXPLAIN = "EXPLAIN (ANALYZE, FORMAT JSON) "
_QUEUE = f"""INSERT INTO submission (sync_id, resource, key, local_id, kind, flat, digest, since,
    version, state, tried, attempts, code, text)
SELECT %s, 'students', 'key ' || n, n, 'add', 'a', 'a', %s, 1, 'waiting', false, 0, '', ''
FROM generate_series(1, {MANY}) n"""
_MIRROR = f"""INSERT INTO mirror_document (sync_id, resource, key, local_id, flat, digest,
    remote_id, remote_version, seen_at)
SELECT %s, 'students', 'key ' || n, n, 'a', 'a', '', '', %s
FROM generate_series(1, {MANY}) n"""


Plan = dict[str, Any]


@pytest.fixture
def plans(wired: None) -> Iterator[dict[str, Plan]]:
    """How the first are taken of a sync that got its queue after another sync was counted (`take`),
    and how it is found whether a third, which has none, has work (`work`).
    """
    with EdfiServer(world()) as state:
        capital = Capital(state)
        capital.apply()
    sync = capital.sync
    first, idle = (
        Sync.objects.create(
            district=sync.district, name=name, integration="edfi", schedule_seen=NOW
        )
        for name in ("first", "idle")
    )
    with transaction.atomic(), connection.cursor() as cursor:
        for one in (first, sync):
            cursor.execute(_QUEUE, [one.pk, NOW])
            cursor.execute(_MIRROR, [one.pk, NOW])
            if one is first:
                cursor.execute("ANALYZE submission, mirror_document")
        values: dict[str, Any] = {"sync": sync.pk, "now": NOW, "behind": 0, "limit": TAKEN}
        cursor.execute(_EXPLAIN + queue._TAKE, {**values, "busy": []})
        taking = cursor.fetchone()[0]
        cursor.execute("ANALYZE submission")
        asked = _EXPLAIN + attending._SYNC_THAT + attending._HAVE_WORK
        asking = attending._by_index(asked, {**values, "sync": idle.pk})[0][0]
        transaction.set_rollback(True)
    yield {"take": taking[0]["Plan"], "work": asking[0]["Plan"]}
    first.delete()
    idle.delete()


def test_nothing_is_read_whole_for_each_student(plans: dict[str, Plan]) -> None:
    assert plans["take"]["Actual Rows"] == TAKEN
    assert passed_over(plans["take"]) <= TAKEN


def test_who_has_nothing_to_do_does_not_read_the_queues_of_others(plans: dict[str, Plan]) -> None:
    assert plans["work"]["Actual Rows"] == 0
    assert passed_over(plans["work"]) <= 1


def passed_over(plan: Plan) -> int:
    """Rows that a plan's steps read and passed over."""
    parts = sum(passed_over(one) for one in plan.get("Plans", []))
    return parts + int(plan.get("Rows Removed by Filter", 0) * plan["Actual Loops"])
