"""A worker that is asked to stop leaves its runs at their next step, to be carried out by another.

The first signal stops it, a second one ends it at once, and so does time: nothing is lost either
way, for a run is carried out again from its stored input, or goes on behind what was applied.
"""

import os
import signal
import threading

import structlog

from rollcall.core.jobs import NOTIFY

log = structlog.get_logger()

#: A step that takes longer than this after the first signal is not waited for, seconds.
AT_MOST = 60.0

_stop_requested = threading.Event()


class WorkerStops(Exception):
    """The worker that carries the run out was asked to stop."""


def begin() -> None:
    """A worker begins in this process: nobody has asked it to stop."""
    _stop_requested.clear()


def stop() -> None:
    """Leave every run at its next step. From now on a signal ends the process at once."""
    if _stop_requested.is_set():
        return
    _stop_requested.set()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        patience = threading.Timer(AT_MOST, _end)
        patience.daemon = True
        patience.start()


def _end() -> None:
    log.warning("worker ends in the middle of a step")
    os.kill(os.getpid(), signal.SIGTERM)


def leave(step: str, rows: int) -> None:
    """The watcher of a run (engine.runs.run_row): WorkerStops once the worker was asked to stop,
    unless the run is over but for its mail.
    """
    if _stop_requested.is_set() and step != NOTIFY.name:
        raise WorkerStops
