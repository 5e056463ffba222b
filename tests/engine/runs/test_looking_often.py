"""A sync that runs at an interval mostly finds nothing new: that is no fault, and leaves little."""

import polars as pl
from tests.engine.runs.test_runner import matched, put
from tests.town import RowMaker, Town

from rollcall.core.health import State
from rollcall.engine.alerts.health import of_sync
from rollcall.engine.models import Alert, Mail, Run, RunState
from rollcall.engine.runs.runner import execute
from rollcall.engine.runs.starting import start

OFTEN = {"frequency": "interval", "every_seconds": 30, "enabled": True}


def look(town: Town) -> Run:
    return execute(start(town.sync, town.clock, by="schedule").pk, town.clock)


def test_looks_that_find_nothing_new_leave_the_last_alone_and_are_fine(
    town: Town, students: pl.DataFrame, table_a: RowMaker
) -> None:
    town.apply(schedule=OFTEN)
    put(town, students, matched(table_a))
    imported = look(town)
    looks = [look(town) for _ in range(3)]
    assert [run.state for run in looks] == [RunState.UNCHANGED] * 3
    remaining = Run.objects.filter(sync=town.sync).order_by("pk")
    assert [run.pk for run in remaining] == [imported.pk, looks[-1].pk]
    assert not Alert.objects.filter(sync=town.sync).exists()
    assert set(Mail.objects.filter(sync=town.sync).values_list("run", flat=True)) == {imported.pk}
    assert of_sync(town.sync, town.clock).health.state == State.FINE


def test_a_person_who_looks_is_told(town: Town, students: pl.DataFrame, table_a: RowMaker) -> None:
    town.apply(schedule=OFTEN)
    put(town, students, matched(table_a))
    look(town)
    run = town.run()
    assert (run.state, [finding["code"] for finding in run.findings]) == (
        RunState.UNCHANGED,
        ["file.unchanged"],
    )
