"""Runs that the pages of runs are tried on."""

from dataclasses import dataclass

import polars as pl
import pytest
from tests.town import Town
from tests.town_fixtures import five_students, table_a_line

from rollcall.engine.models import Run, RunState

STRICT = {"minimum_population": 1, "add": {"percent": 0}, "update": {"percent": 0}}


@dataclass
class Ran:
    """A town's runs: `done` added one record; `held` would update it and add two others, its last
    two rows fail.
    """

    town: Town
    done: Run
    held: Run

    def url(self, run: Run, rest: str = "") -> str:
        return f"/d/{self.town.code}/runs/{run.pk}/{rest}"

    def plans(self) -> dict[str, str]:
        return {one["local_id"]: one["plan_type"] for one in self.town.special_education()}


@pytest.fixture
def ran(town: Town) -> Ran:
    return held_run(town)


@pytest.fixture(scope="module")
def shared_ran(town: Town) -> Ran:
    """The same for a module of tests that only look: it imports this as `ran`."""
    return held_run(town)


def held_run(town: Town) -> Ran:
    town.load({"students": five_students().with_columns(school_code=pl.lit("S1"))})
    town.drop("A.csv", table_a_line(SSID="0000000001", PLAN_TYPE="10").encode())
    done = town.run()
    town.apply(guards=STRICT)
    rows = [
        table_a_line(SSID="0000000001", PLAN_TYPE="20"),
        table_a_line(SSID="0000000003", PLAN_TYPE="20"),
        table_a_line(SSID="0000000004", PLAN_TYPE="30"),
        table_a_line(SSID="0000000009", PLAN_TYPE="30"),
        table_a_line(SSID="0000000005", PLAN_TYPE="99"),
    ]
    town.drop("A.csv", "\n".join(rows).encode())
    held = town.run()
    assert (done.state, held.state) == (RunState.DONE, RunState.HELD)
    return Ran(town, done, held)
