"""What the bus company's rows mean for the district's records. Pure: frames in, a decision out."""

from collections.abc import Mapping

import polars as pl

from rollcall.core.files.tables import Table
from rollcall.core.findings import Codes, Severity, all_findings, row_findings
from rollcall.core.integration import Decision
from rollcall.core.matching.match import match_findings, match_students
from rollcall.core.matching.match_decisions import standing
from rollcall.core.plans.context import Context
from rollcall.core.plans.outcome_rows import outcome_rows
from rollcall.core.plans.plan import Wanted
from rollcall.core.plans.record_types import RecordType
from rollcall.integrations.toy.settings import ToySettings

#: By this name people's decisions about rows are kept.
NAME = "toy"
#: The columns that are kept of each row: who it is about, and what the reports show.
PERSON = ("state_id", "last_name", "first_name", "birth_date")
SHOWN = (*PERSON, "pass_number", "route")
UNKNOWN_ROUTE = Codes.add(
    "toy.unknown_route",
    Severity.WARNING,
    "The bus pass is for a route that is not in the settings of the sync",
    "Add the route to the settings, or have the bus company correct the pass.",
    "the transportation office",
)


def decide(
    tables: Mapping[str, Table],
    views: Mapping[str, pl.DataFrame],
    settings: ToySettings,
    context: Context,
    *,
    bus_pass: RecordType,
) -> Decision:
    """A matched row is its student's pass. Students without a row keep theirs."""
    table = tables["passes"]
    rows = table.rows.sort("line")
    decisions = standing(views["match_decisions"], NAME, context.today)
    outcomes = match_students(rows, views["students"], table.rejected, decisions)
    passes = rows.with_columns(outcomes["local_id"]).filter(pl.col("local_id").is_not_null())
    known_routes = [route.number for route in settings.routes]
    unknown = rows.filter(~pl.col("route").is_in(known_routes)) if known_routes else rows.clear()
    return Decision(
        rows={"passes": outcome_rows(table, outcomes, rows, SHOWN)},
        wanted=(Wanted(bus_pass, passes.select("line", *bus_pass.schema), stamp=True),),
        findings=all_findings(
            [
                match_findings(outcomes, "passes"),
                row_findings(unknown, UNKNOWN_ROUTE, "passes", "Route"),
            ]
        ),
    )
