"""Match and plan: what the run wants, compared with what the district holds at one moment."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl
from django.db import connection, transaction
from pydantic import BaseModel

from rollcall.core.files.tables import Table
from rollcall.core.findings import all_findings
from rollcall.core.integration import Decision, Integration
from rollcall.core.plans.context import Context
from rollcall.core.plans.diff import diff, to_read
from rollcall.core.plans.plan import Changes, Plan, Wanted
from rollcall.core.plans.record_types import RecordType
from rollcall.engine.clock import Clock
from rollcall.engine.models import Run
from rollcall.records import read as records
from rollcall.records.copying import Database
from rollcall.records.models import District


@dataclass(frozen=True)
class Planned:
    """A plan and the moment it was made in: the database snapshot it looked at. `carried`: how many
    rows stayed as an earlier run decided them, and which run that was.
    """

    plan: Plan
    snapshot: str
    carried: int = 0
    carried_from: Run | None = None


@contextmanager
def snapshot_transaction() -> Iterator[tuple[Database, str]]:
    """A transaction that sees one moment and writes temporary tables only: (database, snapshot)."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE")
        yield connection.connection, records.snapshot(connection.connection)


def context_of(run: Run, clock: Clock) -> Context:
    """What a decision of a run may know."""
    return context_for(run.district, run.school_year, clock)


def context_for(district: District, school_year: str, clock: Clock) -> Context:
    """What a decision may know: the school year being processed and the district's date."""
    today = clock.now().astimezone(ZoneInfo(district.timezone)).date()
    return Context(school_year=school_year, today=today)


def views_of(run: Run, names: Iterable[str], database: Database) -> dict[str, pl.DataFrame]:
    """The named record frames of the run's district."""
    return {name: records.view(database, name, run.district_id, run.school_year) for name in names}


def make_plan(
    run: Run,
    integration: Integration,
    settings: BaseModel,
    tables: Mapping[str, Table],
    context: Context,
) -> Planned:
    """Decide everything, write nothing. The same for a test and a live run (promise 1)."""
    with snapshot_transaction() as (database, snapshot):
        views = views_of(run, integration.views, database)
        decision = integration.decide(tables, views, settings, context)
        plan = undiffed(tables, decision)
        for target in decision.wanted:
            record = target.record
            keys = records.keys(database, record, run.district_id, target.keep_blank)
            plan.changes[record.name] = compared(target, keys, keys.height, run, database)
            plan.absent.update(absent(integration, record, keys, target.frame))
    return Planned(plan, snapshot)


def undiffed(tables: Mapping[str, Table], decision: Decision) -> Plan:
    """A decision as a plan that holds no changes yet."""
    findings = [*(table.findings for table in tables.values()), decision.findings]
    return Plan(dict(decision.rows), changes={}, findings=all_findings(findings))


def compared(
    target: Wanted, keys: pl.DataFrame, population: int, run: Run, database: Database
) -> Changes:
    """What has to change in the records of one type. `keys`: as for `core.plans.diff.to_read`, at
    least of what is wanted; `population`: how many records of the type the district holds.
    """
    key_columns = to_read(target, keys)
    current = records.current(
        database, target.record, run.district_id, key_columns, population=population
    )
    return diff(target, keys, current)


def absent(
    integration: Integration, record: RecordType, keys: pl.DataFrame, about: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    """Plan.absent of a record type: the keys among those `keys` that no row is `about` (keys)."""
    if record.name not in integration.report_views.values():
        return {}
    key = list(record.key)
    return {record.name: keys.select(key).join(about, on=key, how="anti", nulls_equal=True)}
