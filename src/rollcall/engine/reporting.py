"""The reports of a run: CSV files, safe to open in a spreadsheet, and its summary."""

import io

import polars as pl
from pydantic import BaseModel

from rollcall.core.integration import Context, Integration
from rollcall.core.plan import Plan
from rollcall.core.safe_cells import safe_cells
from rollcall.engine import artifacts, excluding
from rollcall.engine.models import Run
from rollcall.engine.planning import moment
from rollcall.engine.reading import line_text
from rollcall.records import read as records


def report(
    run: Run, integration: Integration, settings: BaseModel, plan: Plan, context: Context
) -> None:
    """Store every report of the run, and its summary. Doing it again gives the same files."""
    plan, excluded = excluding.left_of(run, integration, plan)
    if excluded.height:
        told = csv(excluding.report(run, excluded))
        artifacts.store(run, "report", "ExcludedChanges.csv", [told])
    views = _views(run, integration, plan)
    reports = integration.reports(plan, views, line_text(run), settings, context)
    for one in reports:
        artifacts.store(run, "report", f"{one.name}.csv", [csv(one.frame)])
    left_out = [("Changes excluded by a person", excluded.height)] if excluded.height else []
    run.summary = [list(line) for line in [*integration.summary(plan, reports), *left_out]]
    run.save(update_fields=["summary"])


def _views(run: Run, integration: Integration, plan: Plan) -> dict[str, pl.DataFrame]:
    """The report views: of each record type only the records that no row was about."""
    with moment() as (database, _):
        return {
            view: records.view(
                database, view, run.district_id, run.school_year, plan.absent.get(record)
            )
            for view, record in integration.report_views.items()
        }


def csv(frame: pl.DataFrame) -> bytes:
    """A frame as UTF-8 CSV with a header row; cells that a spreadsheet would run are made text."""
    buffer = io.BytesIO()
    safe_cells(frame).write_csv(buffer)
    return buffer.getvalue()
