"""The command line: one file a command. Exit codes: 0 done, 1 done with row errors, 2 wrong usage,
3 held for a person, 4 failed.
"""

import signal
import sys
from typing import Any

import click

from rollcall import __version__
from rollcall.cli.runs.approve import approve, discard
from rollcall.cli.runs.explain import explain
from rollcall.cli.runs.reports import reports
from rollcall.cli.runs.run import run
from rollcall.cli.runs.runs import runs
from rollcall.cli.runs.show import show
from rollcall.cli.runs.undo import undo
from rollcall.cli.sending.documents import documents
from rollcall.cli.sending.flow import flow
from rollcall.cli.sending.level2 import level2
from rollcall.cli.sending.live import live
from rollcall.cli.server.backup import backup, restore, restored
from rollcall.cli.server.demo import demo
from rollcall.cli.server.installation import installation
from rollcall.cli.server.migrate import migrate
from rollcall.cli.server.serve import serve
from rollcall.cli.server.user import user
from rollcall.cli.server.worker import worker
from rollcall.cli.settings.alerts import acknowledge, alerts
from rollcall.cli.settings.config import config
from rollcall.cli.settings.connection import connection
from rollcall.cli.settings.mail import mail
from rollcall.cli.settings.pause import pause, resume
from rollcall.cli.settings.retention import retention
from rollcall.cli.settings.schedule import schedule
from rollcall.cli.settings.syncs import syncs
from rollcall.cli.students.decide import (
    decisions,
    different,
    ignore,
    link,
    revoke,
)
from rollcall.cli.students.records import records
from rollcall.cli.students.student import student
from rollcall.cli.students.unmatched import unmatched
from rollcall.home import NoHome

#: The exit code of a command that was ended by SIGTERM, as shells have it.
_ENDED = 128 + signal.SIGTERM


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what it cannot even begin without is said in a sentence."""
        try:
            return super().invoke(ctx)
        except NoHome as missing:
            raise click.UsageError(f"{missing} Set it to a folder of this account.") from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rollcall")
def main() -> None:
    """Keep a school district's student records and its partners' records equal.

    Every command works on the state in ROLLCALL_HOME (database included, unless DATABASE_URL is
    set). Exit codes: 0 done, 1 done with row errors, 2 wrong usage, 3 held for a person, 4 failed.
    """
    # As Ctrl-C: what the command has started ends with it, the embedded database too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_ENDED))


for command in (
    demo, migrate, config, records, connection, mail, syncs, run, runs, show, reports, approve,
    discard, undo, live, flow, documents, level2, explain, unmatched, link, different, ignore,
    decisions, revoke, student, pause, resume, alerts, acknowledge, schedule, retention, worker,
    serve, user, installation, backup, restore, restored,
):  # fmt: skip
    main.add_command(command)
