"""The settings of a bus-pass sync (`[syncs.NAME.settings]`)."""

from pydantic import BaseModel, ConfigDict, Field


class Route(BaseModel):
    """A route of the bus company."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: str = Field(title="Number", description="the number on the bus")
    name: str = Field(title="Name", description="what people call the route")


class ToySettings(BaseModel):
    """Which file a bus-pass sync reads, and which routes there are."""

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
