"""Plan to put back what a run sent: the first step of core.jobs.UNDO_SENT; the others are those of
any run that sends.

The records still call for what was sent: the next edit of a student, or the next batch run, sends
it again.
"""

from dataclasses import replace

import polars as pl

from rollcall.core.findings import Codes, Severity, no_findings
from rollcall.core.plans.counts import change_counts
from rollcall.core.plans.diff import diff, to_read
from rollcall.core.plans.plan import Changes, Plan
from rollcall.core.sending.canonical_texts import from_key, key_texts
from rollcall.core.sending.outbound import CHECKS_SCHEMA, Documents, Resource
from rollcall.core.sending.putting_back import putting_back
from rollcall.engine.outbound import queue
from rollcall.engine.outbound.jobs import batch_report
from rollcall.engine.outbound.jobs.batch import Compared
from rollcall.engine.outbound.mirror.mirror import Mirror, mirror
from rollcall.engine.plans import excluding, plan_store
from rollcall.engine.plans.planning import snapshot_transaction
from rollcall.engine.runs.results import single_finding
from rollcall.engine.runs.steps import Done, RunFacts
from rollcall.engine.runs.undo_steps import KEPT_LABEL, undone_of

KEPT = Codes.add(
    "undo.kept_documents",
    Severity.WARNING,
    "Documents that changed at the partner after the run, are on their way, or can never be taken "
    "away there are kept as they are now",
    "Look at the report Undo_KeptDocuments and correct those students' records where needed.",
    "the district's data manager",
)


def plan_undo_sent(facts: RunFacts, _: object) -> Done:
    """Compare what the run sent with what the partner has now, and plan to put back what is still
    so.
    """
    run, undone, resources = facts.run, undone_of(facts.run), facts.integration.outbound.resources
    stored = plan_store.load(undone, facts.integration.records)
    sent, _excluded = excluding.left_of(excluding.approval_of(undone), facts.integration, stored)
    with snapshot_transaction() as (database, snapshot):
        at_partner = mirror(database, run.sync_id, None)
        on_their_way = queue.on_their_way(database, run.sync_id, None)
        parts = {
            resource.name: _put_back(
                resource, sent.changes[resource.name], at_partner, on_their_way
            )
            for resource in resources
            if resource.name in sent.changes
        }
    changes = {name: changed for name, (changed, _) in parts.items()}
    kept = pl.concat(
        [kept.with_columns(resource=pl.lit(name)) for name, (_, kept) in parts.items()]
    )
    plan = Plan({}, changes, no_findings())
    nothing = pl.DataFrame(schema={"local_id": pl.String()})
    checks = pl.DataFrame(schema=CHECKS_SCHEMA)
    plan_store.save(run, plan)
    batch_report.keep_checks(run, checks)
    batch_report.store_kept(run, kept)
    return Done(
        Compared(
            plan,
            snapshot,
            students=nothing,
            documents=Documents({}, checks, nothing),
            on_their_way=nothing,
        ),
        findings=[{**single_finding(KEPT, ""), "count": kept.height}] if kept.height else [],
        summary=[(KEPT_LABEL, kept.height)],
        fields={"counts": {name: change_counts([changed]) for name, changed in changes.items()}},
    )


def _put_back(
    resource: Resource, sent: Changes, at_partner: Mirror, on_their_way: pl.DataFrame
) -> tuple[Changes, pl.DataFrame]:
    """(what changes, what is kept) of a resource's documents."""
    record = resource.record
    mirrored = at_partner.held(resource, key_texts(record, sent.after))
    back = putting_back(resource, sent, mirrored, on_their_way)
    keys = from_key(record, back.keys["key"]).hstack(back.keys.select("digest"))
    to_look_at = to_read(back.target, keys)
    current = at_partner.current(resource, key_texts(record, to_look_at))
    changed = diff(back.target, keys, current)
    return replace(changed, population=mirrored.height), back.kept
