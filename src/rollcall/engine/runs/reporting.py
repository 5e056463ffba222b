"""The reports of a run: CSV files, safe to open in a spreadsheet, and its summary."""

import io

import polars as pl
from polars import selectors

from rollcall.core.files.safe_cells import safe_cell, safe_cells
from rollcall.core.integration import Absence, Integration
from rollcall.core.plans.plan import Plan
from rollcall.engine import artifacts, registry
from rollcall.engine.models import Run
from rollcall.engine.plans import excluding
from rollcall.engine.plans.planning import context_of, snapshot_transaction
from rollcall.engine.runs.inputs.reading import line_text
from rollcall.engine.runs.steps import RunFacts
from rollcall.records import read as records


def report(facts: RunFacts, plan: Plan) -> list[tuple[str, int]]:
    """Store every report of the run; its summary. Doing it again gives the same files."""
    run, integration = facts.run, registry.integration(facts.run.sync.integration)
    plan, excluded = excluding.left_of(facts.approval, integration, plan)
    if facts.approval is not None and excluded.height:
        store(run, "ExcludedChanges", excluding.report(facts.approval, excluded))
    views, context = _views(run, integration, plan), context_of(run, facts.clock)
    reports = integration.reports(plan, views, line_text(run), facts.settings, context)
    silent = integration.absence if run.partial else Absence()
    for declared_report in (report for report in reports if report.name not in silent.reports):
        store(run, declared_report.name, declared_report.frame)
    left_out = [("Changes excluded by a person", excluded.height)] if excluded.height else []
    lines = [*integration.summary(plan, reports), *left_out]
    return [(label, number) for label, number in lines if label not in silent.numbers]


def store(run: Run, name: str, frame: pl.DataFrame) -> None:
    """Store one report of the run as NAME.csv; the name of a test run's begins with TEST_."""
    test = "TEST_" if run.test else ""
    # Every moment as clocks in the district show it, with what they are ahead of UTC.
    moments = selectors.datetime(time_zone="*")
    readable = frame.with_columns(
        moments.dt.convert_time_zone(run.district.timezone).dt.to_string("%Y-%m-%dT%H:%M:%S%:z")
    )
    artifacts.store(run, "report", f"{test}{name}.csv", [csv(readable)])


def _views(run: Run, integration: Integration, plan: Plan) -> dict[str, pl.DataFrame]:
    """The report views: of each record type only the records that no row was about; of a part of
    a file, which cannot say so, none.
    """
    absent = plan.absent
    if run.partial:
        keys = {record.name: record.key for record in integration.records}
        absent = {name: pl.DataFrame(schema=key) for name, key in keys.items()}
    with snapshot_transaction() as (database, _):
        return {
            view: records.view(database, view, run.district_id, run.school_year, absent.get(record))
            for view, record in integration.report_views.items()
        }


def csv(frame: pl.DataFrame) -> bytes:
    """A frame as UTF-8 CSV with a header row; cells that a spreadsheet would run are made text, of
    the header too, which may be the partner's own.
    """
    buffer = io.BytesIO()
    safe_cells(frame).rename(safe_cell).write_csv(buffer)
    return buffer.getvalue()
