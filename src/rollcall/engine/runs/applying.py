"""Apply: one transaction that writes the plan and says so, or nothing at all."""

from django.db import connection, transaction

from rollcall.core.findings import Codes, Severity
from rollcall.core.integration import Integration
from rollcall.core.plans.context import Context
from rollcall.engine.clock import Clock
from rollcall.engine.installation import disk_room
from rollcall.engine.models import Run
from rollcall.engine.plans import plan_store
from rollcall.engine.plans.planning import Planned
from rollcall.engine.runs import fencing
from rollcall.records import read, stamps, write

RECORDS_MOVE = Codes.add(
    "run.records_keep_moving",
    Severity.ERROR,
    "Records were edited again and again while this run was being applied, so it wrote nothing",
    "Run it again when no other import is under way.",
    "the district's data manager",
)


def apply(
    run: Run, integration: Integration, planned: Planned, context: Context, clock: Clock
) -> bool:
    """Write the plan and mark the run applied, in one transaction (promises 2 and 4).

    False when a record the plan was decided by has changed since: nothing was written, plan again.
    Nobody else writes these record types until the transaction ends. Superseded when another
    process carries the run out now.
    """
    changes = [
        planned.plan.changes[r.name]
        for r in integration.records
        if (r.name in planned.plan.changes)
    ]
    disk_room.check_database(changes)
    with transaction.atomic():
        fencing.hold(run)
        database = connection.connection
        names = read.record_types_of(integration.views, integration.records)
        write.lock(database, names)
        moved = read.moved_since(database, run.district_id, planned.snapshot, names)
        if not moved.is_empty():
            return False
        _keep_stamps(run, planned)
        run.applied_snapshot, run.applied_txid = read.this_moment(database)
        for change in changes:
            write.apply(database, run.district_id, change, run_id=run.pk, today=context.today)
        write.settle(database)
        run.applied_at = clock.now()
        run.save(update_fields=["applied_at", "applied_snapshot", "applied_txid"])
    return True


def _keep_stamps(run: Run, planned: Planned) -> None:
    """Keep the stamps this run is about to overwrite, so that they can be restored."""
    for name, changes in planned.plan.changes.items():
        if changes.stamp is not None:
            before = stamps.read_stamps(
                connection.connection, run.district_id, name, changes.stamp["local_id"]
            )
            plan_store.write(run, f"{name}.stamps-before", before)
