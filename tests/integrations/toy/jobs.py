"""The jobs of a bus-pass sync: importing the company's file, and counting who rides which bus."""

from typing import Any

import polars as pl

from rollcall.core.jobs import Job, Step, StepFacts, StepResult, importing


def count_riders(facts: StepFacts, before: Any) -> StepResult:
    """How many students have a pass for each route, fullest first."""
    riders = facts.views["bus_passes"].group_by(Route="route").agg(Riders=pl.len())
    by_route = riders.sort(["Riders", "Route"], descending=[True, False])
    return StepResult(value=by_route, summary=(("Riders", int(by_route["Riders"].sum())),))


def report_riders(facts: StepFacts, by_route: pl.DataFrame) -> StepResult:
    """The report, with what people call each route."""
    names = {route.number: route.name for route in facts.settings.routes}
    named = by_route.with_columns(Name=pl.col("Route").replace_strict(names, default=None))
    return StepResult(reports={"RidersByRoute": named.select("Route", "Name", "Riders")})


JOBS = (
    importing(),
    Job(
        name="count_riders",
        title="Count riders",
        help="Makes a report of how many students ride each bus. It changes nothing.",
        steps=(
            Step("count", "Count the riders", count_riders, reads=("bus_passes",)),
            Step("report", "Make the report", report_riders),
        ),
    ),
)
