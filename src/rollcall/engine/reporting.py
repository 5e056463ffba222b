"""The reports of a run: CSV files, safe to open in a spreadsheet, and its summary."""

import io

import polars as pl
from pydantic import BaseModel

from rollcall.core.integration import Context, Integration
from rollcall.core.plan import Plan
from rollcall.core.safe_cells import safe_cells
from rollcall.engine import artifacts
from rollcall.engine.models import Run
from rollcall.engine.planning import moment, views_of
from rollcall.engine.reading import line_text


def report(
    run: Run, integration: Integration, settings: BaseModel, plan: Plan, context: Context
) -> None:
    """Store every report of the run, and its summary. Doing it again gives the same files."""
    with moment() as (database, _):
        views = views_of(run, integration.report_views, database)
    reports = integration.reports(plan, views, line_text(run), settings, context)
    for one in reports:
        artifacts.store(run, "report", f"{one.name}.csv", [csv(one.frame)])
    run.summary = [list(line) for line in integration.summary(plan, reports)]
    run.save(update_fields=["summary"])


def csv(frame: pl.DataFrame) -> bytes:
    """A frame as UTF-8 CSV with a header row; cells that a spreadsheet would run are made text."""
    buffer = io.BytesIO()
    safe_cells(frame).write_csv(buffer)
    return buffer.getvalue()
