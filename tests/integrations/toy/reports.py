"""What people get of a finished run: its reports, and the numbers of the page and the mail."""

from collections.abc import Mapping

import polars as pl

from rollcall.core.integration import LineText, Report
from rollcall.core.plans.context import Context
from rollcall.core.plans.counts import change_counts, row_counts
from rollcall.core.plans.plan import Outcome, Plan
from rollcall.integrations.toy.settings import ToySettings

NOT_IN_FILE = "BusPasses_NotInFile"


def reports(
    plan: Plan,
    views: Mapping[str, pl.DataFrame],
    line_text: LineText,
    settings: ToySettings,
    context: Context,
) -> tuple[Report, ...]:
    """The rows that are nobody's pass, and the passes that no row is about (`views`)."""
    names = {route.number: route.name for route in settings.routes}
    route_name = pl.col("route").replace_strict(names, default=None).alias("RouteName")
    not_matched = plan.rows["passes"].filter(pl.col("outcome") != Outcome.MATCHED)
    shown = [pl.col("pass_number").alias("Pass"), pl.col("route").alias("Route"), route_name]
    return (
        Report("BusPasses_NotMatched", not_matched.select(pl.col("line").alias("Line"), *shown)),
        Report(NOT_IN_FILE, views["bus_passes"].sort("pass_number").select(shown)),
    )


def summary(plan: Plan, reports: tuple[Report, ...]) -> list[tuple[str, int]]:
    """The numbers on the page of the run and in its mail, in their order."""
    rows, changes = row_counts(plan.rows["passes"]), change_counts(plan.changes.values())
    return [
        ("Bus passes: read", rows["read"]),
        ("Bus passes: matched", rows["matched"]),
        *((f"Bus passes: {kind}", changes[kind]) for kind in ("added", "updated", "unchanged")),
    ]
