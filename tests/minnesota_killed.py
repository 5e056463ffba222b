"""Processes that send, and are killed: nothing in their memory is given back."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection
from psycopg.conninfo import make_conninfo
from tests.minnesota import Capital, until_true

#: Plans everything if asked to, then attends to a sync for as long as it is let.
_ATTEND = textwrap.dedent(
    """
    import sys, threading
    from rollcall import wiring
    wiring.set_up()
    from tests.minnesota import QuickClock
    from rollcall.engine.models import Run
    from rollcall.engine.outbound.near_real_time import attending
    from rollcall.engine.runs.runner import execute
    clock = QuickClock()
    if sys.argv[2] != "0":
        execute(int(sys.argv[2]), clock)
    sync = int(sys.argv[1])
    attending.Attendants(clock, lambda now: [sync] if attending.has_work(sync, now) else []).start()
    threading.Event().wait()
    """
)


def environment() -> dict[str, str]:
    """That of a process that works on the test database."""
    settings = connection.settings_dict
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password"}
    names |= {"HOST": "host", "PORT": "port"}
    parts = {name: settings[key] for key, name in names.items() if settings[key]}
    return {**os.environ, "DATABASE_URL": make_conninfo("", **parts)}


@contextmanager
def attendant(capital: Capital, run: int = 0) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own that carries out a run (0: none) and attends to the sync; killed in the
    end if it lives still.
    """
    command = [sys.executable, "-c", _ATTEND, str(capital.sync.pk), str(run)]
    with subprocess.Popen(command, env=environment()) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def killed_while_sending(capital: Capital, when: Callable[[], bool]) -> None:
    """A process begins Start Year and is killed once `when` holds."""
    from rollcall.engine.runs.starting import start

    run = start(capital.sync, capital.clock, by="person", person="tester", job="start_year")
    with attendant(capital, run.pk):
        until_true(when, 60)
