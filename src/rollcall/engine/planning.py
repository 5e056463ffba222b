"""Match and plan: what the run wants, compared with what the district holds at one moment."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl
from django.db import connection, transaction
from pydantic import BaseModel

from rollcall.core.diff import diff, to_read
from rollcall.core.findings import all_findings
from rollcall.core.integration import Context, Decision, Integration
from rollcall.core.plan import Plan, Wanted
from rollcall.core.tables import Table
from rollcall.engine.clock import Clock
from rollcall.engine.models import Run
from rollcall.records import read as records
from rollcall.records.copying import Database


@dataclass(frozen=True)
class Planned:
    """A plan and the moment it was made in: the database snapshot it looked at."""

    plan: Plan
    snapshot: str


@contextmanager
def moment() -> Iterator[tuple[Database, str]]:
    """A transaction that sees one moment and writes temporary tables only: (database, snapshot)."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE")
        yield connection.connection, records.snapshot(connection.connection)


def context_of(run: Run, clock: Clock) -> Context:
    """What a decision may know: the school year being processed and the district's date."""
    today = clock.now().astimezone(ZoneInfo(run.district.timezone)).date()
    return Context(school_year=run.school_year, today=today)


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
    with moment() as (database, snapshot):
        views = views_of(run, integration.views, database)
        decision = integration.decide(tables, views, settings, context)
        plan = undiffed(tables, decision)
        for wanted in decision.wanted:
            _compare(plan, wanted, run, integration, database)
    return Planned(plan, snapshot)


def undiffed(tables: Mapping[str, Table], decision: Decision) -> Plan:
    """A decision as a plan that holds no changes yet."""
    found = [*(table.findings for table in tables.values()), decision.findings]
    return Plan(dict(decision.rows), changes={}, findings=all_findings(found))


def _compare(
    plan: Plan,
    wanted: Wanted,
    run: Run,
    integration: Integration,
    database: Database,
) -> None:
    """Put into the plan what has to change in the records of one type, and which are absent."""
    record, district = wanted.record, run.district_id
    keys = records.keys(database, record, district, wanted.keep_blank)
    asked = to_read(wanted, keys)
    current = records.current(database, record, district, asked, held=keys.height)
    plan.changes[record.name] = diff(wanted, keys, current)
    if record.name in integration.report_views.values():
        plan.absent[record.name] = keys.select(list(record.key)).join(
            wanted.frame, on=list(record.key), how="anti", nulls_equal=True
        )
