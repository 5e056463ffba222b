"""What has to be sent: what the records call for, compared with what the partner has.

The same for all students and for a few, for batch runs and near real time (promise 1).
"""

from dataclasses import dataclass, replace

import polars as pl
from pydantic import BaseModel

from rollcall.core.plans.context import Context
from rollcall.core.plans.diff import diff, to_read
from rollcall.core.plans.digest import digest
from rollcall.core.plans.plan import Changes, Wanted
from rollcall.core.sending.canonical_texts import from_key, key_texts
from rollcall.core.sending.outbound import Documents, Outbound, Resource
from rollcall.engine.models import Sync
from rollcall.engine.outbound.mirror.mirror import Mirror, mirror
from rollcall.records import read as records
from rollcall.records.copying import Database
from rollcall.records.views import view_named


@dataclass(frozen=True)
class PlanRequest:
    """Whose documents are looked at (`students`: local_id; None: all), and how.

    `removes`: what no record calls for goes. `clears_scope`: nothing is called for. `over_all`: the
    checks over the full district are made too; all students are looked at then.
    """

    students: pl.DataFrame | None = None
    removes: bool = True
    clears_scope: bool = False
    over_all: bool = False


def changes_of(
    sync: Sync,
    outbound: Outbound,
    settings: BaseModel,
    context: Context,
    ask: PlanRequest,
    database: Database,
) -> tuple[dict[str, Changes], Documents]:
    """By resource, what has to change at the partner, and what the records call for."""
    views = views_of(sync, outbound, context, ask.students, database)
    documents = outbound.documents(views, settings, context)
    if ask.over_all and outbound.check_all is not None:
        documents = replace(documents, over_all=outbound.check_all(views, settings, context))
    if ask.clears_scope:
        cleared = {name: frame.clear() for name, frame in documents.frames.items()}
        documents = replace(documents, frames=cleared, held_back=documents.held_back.clear())
    at_partner = mirror(database, sync.pk, ask.students)
    changes = {
        resource.name: _changes(resource, documents, ask, at_partner)
        for resource in outbound.resources
    }
    return changes, documents


def views_of(
    sync: Sync,
    outbound: Outbound,
    context: Context,
    students: pl.DataFrame | None,
    database: Database,
) -> dict[str, pl.DataFrame]:
    """The frames that documents are made from; those about students for `students` only."""

    def view(name: str) -> pl.DataFrame:
        of_students = "local_id" in view_named(name).schema
        only = students if of_students else None
        return records.view(database, name, sync.district_id, context.school_year, only)

    return {name: view(name) for name in outbound.views}


def _changes(
    resource: Resource, documents: Documents, ask: PlanRequest, at_partner: Mirror
) -> Changes:
    record = resource.record
    key = list(record.key)
    frame = documents.frames[resource.name].with_row_index("line", 1)
    mirrored = at_partner.held(resource, key_texts(record, frame))
    # The partner nearly always has just what is called for, of all resources but one.
    if frame.height == mirrored.height and (
        frame.is_empty() or digest(frame, record).sort().equals(mirrored["digest"].sort())
    ):
        schema = {"change": pl.String(), "line": pl.UInt32(), **record.schema}
        return Changes(
            record=record,
            after=pl.DataFrame(schema=schema),
            before=pl.DataFrame(schema=record.schema),
            unchanged=frame.height,
            population=frame.height,
        )
    mirrored = mirrored.hstack(from_key(record, mirrored["key"]))
    goes = ask.removes and resource.removable
    # What may go: documents of the students asked for, not those that only have a key that is
    # called for. Documents that are about no student go only when all are looked at.
    students = ask.students
    in_scope = mirrored if students is None else mirrored.join(students, on="local_id", how="semi")
    shielded = mirrored.join(documents.held_back, on="local_id", how="semi").select(key)
    target = Wanted(
        record=record,
        frame=frame,
        scope=in_scope.select(key) if goes else None,
        shielded=shielded if goes else None,
    )
    keys = mirrored.select(*key, "digest")
    key_columns = to_read(target, keys)
    return diff(target, keys, at_partner.current(resource, key_texts(record, key_columns)))


def finding_frame(checks: pl.DataFrame) -> pl.DataFrame:
    """What the pre-check found as findings of a run (core.findings): without the students."""
    return checks.select(
        pl.col("resource").alias("input"),
        pl.lit(None, pl.UInt32).alias("line"),
        "field",
        "code",
        "detail",
    )
