"""The crash machine: a run killed at any step boundary is finished once by somebody else."""

import signal
import subprocess
import sys
import textwrap

import polars as pl
import pytest
from tests.minnesota_killed import environment
from tests.town import RowMaker, Town

from rollcall.core.jobs import IMPORT, NOTIFY
from rollcall.engine.models import Run, RunState

KILLED = textwrap.dedent(
    """
    import os, signal, sys
    from rollcall import wiring
    wiring.set_up()
    from rollcall.engine.clock import SystemClock
    from rollcall.engine.runs.runner import execute

    def kill(step, rows):
        if step == sys.argv[2]:
            os.kill(os.getpid(), signal.SIGKILL)

    execute(int(sys.argv[1]), SystemClock(), kill)
    """
)


def killed_at(run: Run, step: str) -> None:
    command = [sys.executable, "-c", KILLED, str(run.pk), step]
    done = subprocess.run(command, env=environment(), check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL


#: What an import reports; a sender that dies is in outbound/test_peer_scenarios.py.
STEPS = [step.name for step in (*IMPORT, NOTIFY)]


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_run_is_finished_once(
    town: Town, students: pl.DataFrame, table_a: RowMaker, step: str
) -> None:
    from rollcall.engine.clock import SystemClock
    from rollcall.engine.runs.runner import execute
    from rollcall.engine.runs.starting import start
    from rollcall.records.models import ChangeLog

    town.load({"students": students})
    rows = [table_a(SSID="0000000001", PLAN_TYPE="10"), table_a(SSID="0000000003")]
    town.drop("A.csv", "\n".join(rows).encode())
    run = start(town.sync, town.clock, by="schedule")
    killed_at(run, step)
    assert Run.objects.get(pk=run.pk).state in (RunState.RUNNING, RunState.DONE)
    done = execute(run.pk, SystemClock())
    assert (done.state, done.counts["students"]["added"]) == (RunState.DONE, 2)
    written = ChangeLog.objects.filter(run_id=run.pk, record="special_education")
    assert written.count() == 2
    assert done.artifacts.filter(kind="report").exists()
    assert len(town.special_education()) == 2
    assert done.mails.exclude(sent_at=None).count() == 1
