"""The command line: one table of commands, one file for each command.

Exit codes: 0 done, 1 done with row errors, 2 wrong usage, 3 held for a person, 4 failed.
"""

import signal
import sys
from importlib import import_module
from typing import Any

import click

from rollcall import __version__
from rollcall.home import NoHome

#: Each command's module, and its line in `rollcall --help`. A module is imported only when its
#: command is run or explained: then Django is ready, so that modules import models at their top.
COMMANDS = {
    "acknowledge": ("settings.alerts", "Take on alert number ALERT."),
    "alerts": ("settings.alerts", "List open alerts."),
    "approve": ("runs.approve", "Approve held run RUN."),
    "backup": ("server.backup", "Back up the embedded database and all stored files."),
    "config": ("settings.config", "Declare districts, connections and syncs in a TOML file."),
    "connection": ("settings.connection", "Test connections to partners."),
    "decisions": ("students.decide", "List what people decided about rows."),
    "demo": ("server.demo", "Show Rollcall at work with a made-up district."),
    "different": ("students.decide", "Decide that a row is never a certain student."),
    "discard": ("runs.approve", "Discard held run RUN: nothing is written."),
    "documents": ("sending.documents", "List documents that a partner refused, or others."),
    "explain": ("runs.explain", "Explain line LINE of run RUN."),
    "flow": ("sending.flow", "Show the flow of a sync that sends, in numbers."),
    "ignore": ("students.decide", "Ignore a row until a day."),
    "installation": ("server.installation", "Set what applies to all districts."),
    "level2": ("sending.level2", "Upload the errors that a partner's rules report."),
    "link": ("students.decide", "Link a row to a student."),
    "live": ("sending.live", "Show near real time, or turn it on or off."),
    "mail": ("settings.mail", "Test the mail server of a district."),
    "migrate": ("server.migrate", "Create the database's tables, or upgrade them."),
    "pause": ("settings.pause", "Stop SYNC: nothing more is written."),
    "records": ("students.records", "Load the district's records, or write them out."),
    "reports": ("runs.reports", "Copy the reports of run RUN into a folder."),
    "restore": ("server.backup", "Restore a backup into an empty ROLLCALL_HOME."),
    "restored": ("server.backup", "Make your own database ready after a restore."),
    "resume": ("settings.pause", "Let a paused SYNC run again."),
    "retention": ("settings.retention", "Remove stored files and logged changes that are old."),
    "revoke": ("students.decide", "Take back a decision."),
    "run": ("runs.run", "Run a job of SYNC now, or preview it."),
    "runs": ("runs.runs", "List runs, the newest first."),
    "schedule": ("settings.schedule", "Show when SYNC runs, or enable or disable it."),
    "serve": ("server.serve", "Serve the web pages."),
    "show": ("runs.show", "Show run number RUN."),
    "student": ("students.student", "Show a student: records, last rows and timeline."),
    "syncs": ("settings.syncs", "List syncs: state, next step and schedule."),
    "undo": ("runs.undo", "Undo run RUN."),
    "unmatched": ("students.unmatched", "List rows without a student."),
    "user": ("server.user", "Add, list and remove people."),
    "worker": ("server.worker", "Carry out scheduled and queued runs until stopped."),
}

#: The exit code of a command that was ended by SIGTERM, as shells have it.
_ENDED = 128 + signal.SIGTERM


class _LazyCommands(click.Group):
    """The commands of the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        # Loads Django and half of Rollcall, which listing the commands does not need.
        from rollcall import wiring

        wiring.load_django()
        module, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"rollcall.cli.{module}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what it cannot even begin without is said in a sentence."""
        try:
            return super().invoke(ctx)
        except NoHome as missing:
            raise click.UsageError(f"{missing} Set it to a folder of this account.") from None


@click.group(cls=_LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rollcall")
def main() -> None:
    """Keep a school district's student records and its partners' records equal.

    Every command works on the state in ROLLCALL_HOME (database included, unless DATABASE_URL is
    set). Exit codes: 0 done, 1 done with row errors, 2 wrong usage, 3 held for a person, 4 failed.
    """
    # As Ctrl-C: what the command has started ends with it, the embedded database too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_ENDED))
