"""The settings of a bus-pass sync (`[syncs.NAME.settings]`)."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field


class Route(BaseModel):
    """A route of the bus company."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: str = Field(title="Number", description="the number on the bus")
    name: str = Field(title="Name", description="what people call the route")


class Season(BaseModel):
    """For how long passes are good."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    last_day: date | None = Field(
        default=None, title="Last day", description="until when passes are good: 2027-06-11"
    )
    remind_days: int = Field(
        default=14, ge=1, le=90, title="Remind, days before", description="when to say so"
    )


class ToySettings(BaseModel):
    """Which file a bus-pass sync reads, and what there is to know about the buses."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str = Field(
        default="passes.csv",
        min_length=1,
        title="File",
        description="name of the bus company's file",
    )
    routes: tuple[Route, ...] = Field(
        default=(),
        title="Routes",
        description="the routes there are; a pass for another route gets a warning",
    )
    depots: tuple[str, ...] = Field(
        default=(), title="Depots", description="where the buses stay at night; one per line"
    )
    fares: dict[str, float] = Field(
        default_factory=dict,
        title="Fares",
        description="what a pass costs by the kind of pass",
        json_schema_extra={"columns": ["Kind of pass", "Dollars"]},
    )
    season: Season = Field(
        default=Season(), title="Season", description="for how long passes are good"
    )
