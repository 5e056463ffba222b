"""The job that follows one that is done, as its integration declares it (core.jobs.Job.then)."""

import structlog
from procrastinate.contrib.django import app

from rollcall.core.problems import Problem
from rollcall.engine.clock import Clock
from rollcall.engine.models import Run
from rollcall.engine.runs.starting import start

log = structlog.get_logger()


def start_next(run: Run, name: str, clock: Clock) -> Run | None:
    """Start the job that follows a run's, for a worker to carry out; None when it cannot. In one
    transaction with the run's end. A sync that is paused stops after the first half.
    """
    if run.sync.paused:
        return None
    try:
        following = start(run.sync, clock, by="event", person=run.person, job=name, about=run.about)
    except Problem as problem:  # what this run did is done in any case
        log.warning("the next job was not started", run=run.pk, code=problem.code)
        return None
    execute = app.configure_task("rollcall.execute", lock=f"sync:{run.sync_id}")
    execute.defer(run_id=following.pk)
    return following
