"""A run walks through few modules: those that plan, keep files, write and tell."""

import polars as pl
from tests.engine.runs.test_runner import matched, put
from tests.town import RowMaker, Town
from tests.walks import modules_entered

from rollcall.engine.models import Run, RunState
from rollcall.engine.runs.runner import execute
from rollcall.engine.runs.starting import start
from rollcall.engine.runs.steps import RunFacts


def test_an_import_walks_through_fewer_than_twenty_modules(
    town: Town, students: pl.DataFrame, table_a: RowMaker
) -> None:
    put(town, students, matched(table_a, PLAN_TYPE="10"))
    town.run()
    put(town, students, matched(table_a, PLAN_TYPE="20"))
    run = start(town.sync, town.clock, by="person")
    entered = modules_entered((Run, RunFacts), lambda: execute(run.pk, town.clock))
    run.refresh_from_db()
    assert run.state == RunState.DONE
    assert len(entered) < 20, "\n".join(entered)
