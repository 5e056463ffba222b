"""An input can be what a partner has, read over its API: then it is a file like any other."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest
from tests.minnesota import Capital, QuickClock

from rollcall.core.files.layouts import Field, Kind, Layout, ReadOptions
from rollcall.core.files.tables import Table
from rollcall.core.findings import no_findings
from rollcall.core.integration import Decision, Input, Integration
from rollcall.core.jobs import importing
from rollcall.core.plans.context import Context
from rollcall.core.plans.outcome_rows import outcome_rows
from rollcall.core.plans.plan import OUTCOME_SCHEMA, Outcome
from rollcall.core.sending.canonical_texts import key_texts
from rollcall.core.sending.channel import REMOTE_ID, Limits, Opening, Operation
from rollcall.core.sending.channel import Kind as What
from rollcall.core.sending.outbound import Outbound
from rollcall.engine import registry
from rollcall.engine.clock import SystemClock
from rollcall.engine.models import Run, RunState
from rollcall.engine.plans.explaining import explain
from rollcall.integrations.edfi.integration import INTEGRATION
from rollcall.integrations.edfi.resources import RESOURCES, STUDENTS
from rollcall.transports.memory_channel import MemoryChannel, MemoryPartner, MemorySession

(KEY,) = STUDENTS.record.key
COLUMNS = (REMOTE_ID, KEY, "last_surname", "first_name")
LAYOUT = Layout(
    name="people",
    title="People",
    fields=tuple(Field(name, name, Kind.TEXT, label=name) for name in COLUMNS),
    by_name=True,
)


def decide(
    tables: Mapping[str, Table], views: Mapping[str, pl.DataFrame], settings: Any, context: Context
) -> Decision:
    """Nothing is wanted of anybody: every row is one without a student."""
    table = tables["people"]
    outcomes = table.rows.select(
        "line",
        outcome=pl.lit(Outcome.UNMATCHED, pl.String),
        rule=pl.lit("none"),
        local_id=pl.lit(None, pl.String),
        candidates=pl.lit(None, OUTCOME_SCHEMA["candidates"]),
    )
    rows = outcome_rows(table, outcomes, table.rows, ("last_surname",))
    return Decision({"people": rows}, (), no_findings())


@pytest.fixture
def partner(capital: Capital, monkeypatch: pytest.MonkeyPatch) -> MemoryPartner:
    """A partner from which the sync of the capital reads; it sends nothing there."""
    partner = MemoryPartner(RESOURCES, page_size=2)
    reads = Integration(
        name=INTEGRATION.name,
        title="People",
        settings=INTEGRATION.settings,
        jobs=(importing("pull"),),
        inputs=(
            Input(
                name="people",
                title="People",
                filename=lambda settings: None,
                layout=lambda settings: LAYOUT,
                options=lambda settings: ReadOptions(),
                required=True,
                resource=STUDENTS.name,
            ),
        ),
        decide=decide,
        outbound=Outbound(channel=lambda opening: MemoryChannel(opening, partner, Limits(8))),
    )
    known = registry.integration
    monkeypatch.setattr(
        registry, "integration", lambda name: reads if name == INTEGRATION.name else known(name)
    )
    return partner


def person(partner: MemoryPartner, number: int, last_name: str = "Olson") -> None:
    """The partner has somebody."""
    values = {KEY: f"{number:04}", "last_surname": last_name, "first_name": "Kari"}
    row = pl.DataFrame([values], schema=STUDENTS.record.schema)
    opening = Opening(None, None, "", SystemClock().now, MemorySession())
    (document,) = MemoryChannel(opening, partner, Limits(1)).prepare(STUDENTS.name, row)
    key = key_texts(STUDENTS.record, row)[0]
    partner.carry_out(Operation(None, What.PUT, STUDENTS.name, key, document=document))


def read(run: Run) -> int:
    return int(run.counts["people"]["read"])


def test_all_its_pages_are_read_explained_and_not_read_twice(
    capital: Capital, partner: MemoryPartner
) -> None:
    for number in (3, 1, 2):
        person(partner, number)
    run = capital.run("pull")
    assert (run.state, read(run)) == (RunState.DONE, 3), run.error_text
    assert explain(run, 1).fields["last_surname"] == "Olson"
    assert capital.run("pull").state == RunState.UNCHANGED
    person(partner, 2, "Berg")
    assert capital.run("pull").state == RunState.DONE


def test_a_partner_that_is_away_fails_the_run_and_says_so(
    capital: Capital, partner: MemoryPartner
) -> None:
    capital.clock = QuickClock(10_000)
    partner.away = True
    run = capital.run("pull")
    assert (run.state, run.error_code) == (RunState.FAILED, "partner.not_read")
