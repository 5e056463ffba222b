"""Apply: one transaction that writes the plan and says so, or nothing at all."""

from collections.abc import Callable

from django.db import connection, transaction

from rollcall.engine.installation import disk_room
from rollcall.engine.models import Run
from rollcall.engine.plans import plan_store
from rollcall.engine.plans.planning import Planned, context_of
from rollcall.engine.runs.steps import RunFacts
from rollcall.records import read, stamps, write
from rollcall.records.copying import Database


def apply(
    facts: RunFacts, planned: Planned, then: Callable[[Database], None] = lambda database: None
) -> bool:
    """Write the plan and mark the run applied, in one transaction (promises 2 and 4); `then` is
    done in it.

    False when a record the plan was decided by has changed since: nothing was written, plan again.
    Nobody else writes these record types until the transaction ends. Superseded when another
    process carries the run out now.
    """
    run, integration, changes = facts.run, facts.integration, planned.plan.changes
    disk_room.check_database(changes.values())
    with transaction.atomic():
        facts.row.hold()
        database = connection.connection
        names = read.record_types_of(integration.views, integration.records)
        names += write.tables_written(changes)
        write.lock(database, names)
        moved = read.moved_since(database, run.district_id, planned.snapshot, names)
        if not moved.is_empty():
            return False
        _keep_stamps(run, planned)
        snapshot, txid = read.this_moment(database)
        today = context_of(run, facts.clock).today
        write.apply_all(database, run.district_id, changes, run_id=run.pk, today=today)
        then(database)
        facts.row.applied(applied_snapshot=snapshot, applied_txid=txid)
    return True


def _keep_stamps(run: Run, planned: Planned) -> None:
    """Keep the stamps this run is about to overwrite, so that they can be restored."""
    for name, changes in planned.plan.changes.items():
        if changes.stamp is not None:
            before = stamps.read_stamps(
                connection.connection, run.district_id, name, changes.stamp["local_id"]
            )
            plan_store.write(run, f"{name}.stamps-before", before)
