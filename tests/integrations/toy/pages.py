"""The page of who rides which bus."""

from collections.abc import Mapping

import polars as pl

from rollcall.core.pages import Asked, Page, Shown


def riders(frames: Mapping[str, pl.DataFrame], asked: Asked) -> Shown:
    """All passes by route; of one route where the address names it (`?route=12`)."""
    route = asked.query.get("route", "")
    passes = frames["bus_passes"].sort("route", "pass_number")
    of_route = passes.filter(pl.col("route") == route) if route else passes
    routes = {route.number: route.name for own in asked.settings.values() for route in own.routes}
    return Shown(of_route, {"routes": routes, "route": route})


RIDERS = Page(
    name="riders",
    title="Riders",
    about="Who rides which bus, by the passes in the bus company's file.",
    template="toy/riders.html",
    show=riders,
    views=("bus_passes",),
)
