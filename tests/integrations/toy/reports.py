"""What people get of a finished run: the passes without a student, and the numbers of the mail."""

from collections.abc import Mapping

import polars as pl

from rollcall.core.integration import LineText, Report
from rollcall.core.plans.context import Context
from rollcall.core.plans.counts import change_counts, row_counts
from rollcall.core.plans.plan import Outcome, Plan
from rollcall.integrations.toy.settings import ToySettings


def reports(
    plan: Plan,
    views: Mapping[str, pl.DataFrame],
    line_text: LineText,
    settings: ToySettings,
    context: Context,
) -> tuple[Report, ...]:
    """One CSV file: the rows that are nobody's pass, with the name of the route."""
    names = {route.number: route.name for route in settings.routes}
    rows = plan.rows["passes"].filter(pl.col("outcome") != Outcome.MATCHED)
    route_name = pl.col("route").replace_strict(names, default=None, return_dtype=pl.String)
    shown = rows.select(
        Line="line", Pass="pass_number", StateID="state_id", Route="route", RouteName=route_name
    )
    return (Report("BusPasses_NotMatched", shown),)


def summary(plan: Plan, reports: tuple[Report, ...]) -> list[tuple[str, int]]:
    """The numbers on the page of the run and in its mail, in their order."""
    rows, changes = row_counts(plan.rows["passes"]), change_counts(plan.changes.values())
    return [
        ("Bus passes: read", rows["read"]),
        ("Bus passes: matched", rows["matched"]),
        *((f"Bus passes: {kind}", changes[kind]) for kind in ("added", "updated", "unchanged")),
    ]
