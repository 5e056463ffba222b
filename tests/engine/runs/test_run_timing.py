"""What a page that watches a run shows at any moment."""

from datetime import timedelta

import polars as pl
from tests.town import RowMaker, Town

from rollcall.engine.models import Run, RunState
from rollcall.engine.runs.run_timing import Live, Stage, live
from rollcall.engine.runs.starting import start


def stages(told: Live) -> dict[str, Stage]:
    return {one.step: one.stage for one in told.steps}


def put(town: Town, students: pl.DataFrame, *rows: str) -> None:
    town.load({"students": students})
    town.drop("A.csv", "\n".join(rows).encode())


def test_while_it_goes_on(town: Town, students: pl.DataFrame, table_a: RowMaker) -> None:
    put(town, students, table_a(SSID="0000000001"), table_a(SSID="0000000003"))
    run = start(town.sync, town.clock, by="person")
    seen: dict[str, Live] = {}

    def watch(step: str, rows: int) -> None:
        seen[step] = live(Run.objects.select_related("sync").get(pk=run.pk), town.clock)
        town.clock.time += timedelta(seconds=2)

    town.execute(run, watcher=watch)
    reading = seen["match"]
    assert stages(reading) == {
        "fetch": Stage.DONE,
        "read": Stage.DONE,
        "match": Stage.NOW,
        "guard": Stage.TODO,
        "apply": Stage.TODO,
        "report": Stage.TODO,
        "notify": Stage.TODO,
    }
    assert (reading.over, reading.state, reading.exact) == (False, RunState.RUNNING, False)
    assert reading.rows_expected in {1, 2}
    guarded = seen["apply"]
    assert (guarded.rows_expected, guarded.exact) == (2, True)


def test_when_it_is_over_every_step_has_its_time(
    town: Town, students: pl.DataFrame, table_a: RowMaker
) -> None:
    put(town, students, table_a(SSID="0000000001"))

    def watch(step: str, rows: int) -> None:
        town.clock.time += timedelta(seconds=0 if rows else 2)

    done = town.execute(start(town.sync, town.clock, by="person"), watcher=watch)
    told = live(done, town.clock)
    assert told.over
    assert {one.seconds for one in told.steps} == {2.0}
    assert set(stages(told).values()) == {Stage.DONE}
    again = town.execute(start(town.sync, town.clock, by="person", forced=True))
    assert {one.usual for one in live(again, town.clock).steps} == {2.0}


def test_what_a_test_a_held_and_a_failed_run_leave_out(
    town: Town, students: pl.DataFrame, table_a: RowMaker
) -> None:
    put(town, students, table_a(SSID="0000000001"), table_a(PLAN_TYPE="99"))
    assert stages(live(town.run(test=True), town.clock))["apply"] == Stage.SKIPPED
    town.apply(guards={"minimum_population": 1, "rejected": {"percent": 10}})
    assert stages(live(town.run(), town.clock))["apply"] == Stage.WAITING
    (town.outgoing / "A.csv").unlink()
    failed = stages(live(town.run(), town.clock))
    assert (failed["fetch"], failed["read"]) == (Stage.FAILED, Stage.SKIPPED)
    assert failed["notify"] == Stage.DONE


def test_a_run_that_waits_has_done_nothing(town: Town) -> None:
    told = live(start(town.sync, town.clock, by="person"), town.clock)
    assert (told.over, told.seconds, told.rows_expected) == (False, 0.0, None)


def test_an_undo_has_its_own_steps(town: Town, students: pl.DataFrame, table_a: RowMaker) -> None:
    from rollcall.engine.runs.undoing import start_undo

    put(town, students, table_a(SSID="0000000001"))
    undone = town.execute(start_undo(town.run(), "approver", town.clock, test=False))
    assert set(stages(live(undone, town.clock))) == {"plan", "apply", "notify"}
