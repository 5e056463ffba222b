"""The demo: a district of 5,000 students, its special-education files, and every step of a run."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from rich.console import Console

from rollcall.access import people
from rollcall.access.roles import Role
from rollcall.cli.progress_bar import watching
from rollcall.cli.show_run import show_run
from rollcall.console.server import serve
from rollcall.core.schedule import next_times, sentence
from rollcall.engine import configure
from rollcall.engine.clock import SystemClock
from rollcall.engine.loading import bundle, records_sync
from rollcall.engine.models import Run, RunState, Sync
from rollcall.engine.results import exit_code
from rollcall.engine.running import execute
from rollcall.engine.scheduling import schedule_of
from rollcall.engine.starting import start
from rollcall.home import home
from rollcall.records.models import District
from rollcall.sandbox.casemis_files import (
    Faults,
    Made,
    ServiceFaults,
    make_table_a,
    make_table_b,
    next_day,
)
from rollcall.sandbox.district import Frames, make_district, write_bundle
from rollcall.sandbox.sftp_server import SftpServer

STUDENTS, SEED = 5_000, 2016
_PERSON = "demo"
_EMAIL = "demo@example.org"
_PASSWORD = "demo-only"  # noqa: S105 - of a server on this machine that lives as long as the demo
_FAULTS = Faults(
    column_count=1, unclosed_quote=1, undecodable_byte=1, bad_date=2, bad_code=2,
    unknown_ssid=5, name_match=4, ambiguous=2, no_match=3, duplicate=4,
)  # fmt: skip
_SERVICE_FAULTS = ServiceFaults(via_table_a=10, unknown_ssid=3, unknown_student=2)

_console = Console(highlight=False)
_clock = SystemClock()


def show(*, once: bool) -> None:
    """Run the demo on this installation's state; with `once` end after the summary."""
    folder = home() / "demo"
    _console.rule("Rollcall demo")
    call_command("migrate", verbosity=0, interactive=False)
    frames = make_district(STUDENTS, SEED)
    with _sftp(folder / "outgoing") as server:
        _configure(server, folder / "mailbox")
        _load(write_bundle(frames, folder / "sis-export"))
        _drop_files(frames, folder / "outgoing")
        sync = Sync.objects.select_related("district").get(name="casemis")
        _run(sync, "2. Preview the special-education import", test=True)
        done = _run(sync, "3. Run it", test=False)
        _sum_up(sync, done, folder)
        _invite(sync.district)
        if not once:
            _console.print("Ctrl-C ends the demo.")
            serve("127.0.0.1", 8080)


def _invite(district: District) -> None:
    """A person who may do everything, with a new password each time."""
    person = people.add(_EMAIL, district, Role.ADMIN, _clock, _PERSON, "Demo Admin")
    password = secrets.token_urlsafe(9)
    person.set_password(password)
    person.save(update_fields=["password"])
    _console.print(f"\n[bold]Web pages[/bold] {settings.ROLLCALL_URL}")
    _console.print(f"  e-mail   {_EMAIL}\n  password {password}")


@contextmanager
def _sftp(folder: Path) -> Iterator[SftpServer]:
    folder.mkdir(parents=True, exist_ok=True)
    key = home() / "demo" / "host_key"
    with SftpServer(folder, "rollcall", _PASSWORD, host_key_file=key) as server:
        yield server


def _configure(server: SftpServer, mailbox: Path) -> None:
    mailbox.mkdir(parents=True, exist_ok=True)
    document = {
        "district": {
            "code": "6412345",
            "name": "Demo Unified",
            "state": "CA",
            "timezone": "America/Los_Angeles",
            "school_year": "2016-2017",
        },
        "mail": {"type": "folder", "path": str(mailbox), "from": "rollcall@example.com"},
        "connections": {
            "seis": {
                "type": "sftp",
                "host": server.host,
                "port": server.port,
                "user": server.user,
                "password": "${env:SEIS_PASSWORD}",
                "directory": "/",
                "host_key": server.host_key,
            }
        },
        "syncs": {
            "casemis": {
                "integration": "casemis",
                "connection": "seis",
                "recipients": ["my_email@example.com"],
                "settings": {"students_file": "CASEMISA.csv", "services_file": "CASEMISB.csv"},
                "schedule": {"days": ["mon", "wed", "fri"], "at": ["18:30"], "enabled": False},
            }
        },
    }
    environ = {**os.environ, "SEIS_PASSWORD": _PASSWORD}
    configure.apply(document, environ, _clock, _PERSON)


def _load(export: Path) -> None:
    district = District.objects.get(code="6412345")
    sync = records_sync(district, _clock, _PERSON)
    _console.print(f"\n[bold]1. Load {STUDENTS:,} students from the SIS export[/bold]")
    with bundle(export, sync) as files:
        run = start(sync, _clock, by="person", person=_PERSON, uploads=files)
    _execute(run)


def _drop_files(frames: Frames, folder: Path) -> None:
    """Today's files: the same as yesterday's but for the lines of one day in a hundred."""
    made = make_table_a(frames["students"], seed=SEED, faults=_FAULTS)
    services = make_table_b(made, frames["students"], seed=SEED, faults=_SERVICE_FAULTS)
    days = Run.objects.filter(sync__name="casemis", test=False, state=RunState.DONE).count()
    for day in range(days):
        made = next_day(made, seed=day)
    _put(folder / "CASEMISA.csv", made)
    _put(folder / "CASEMISB.csv", services)


def _put(path: Path, made: Made) -> None:
    path.write_bytes(made.content)
    # As if it had been written a while ago, so that nobody has to wait whether it is whole.
    earlier = time.time() - 300
    os.utime(path, (earlier, earlier))


def _run(sync: Sync, title: str, *, test: bool) -> Run:
    _console.print(f"\n[bold]{title}[/bold]")
    return _execute(start(sync, _clock, by="person", person=_PERSON, test=test))


def _execute(run: Run) -> Run:
    with watching(f"Run {run.pk}") as watcher:
        done = execute(run.pk, _clock, watcher)
    show_run(done)
    if done.state not in (RunState.DONE, RunState.UNCHANGED):
        raise SystemExit(exit_code(done))
    return done


def _sum_up(sync: Sync, run: Run, folder: Path) -> None:
    mails = sorted((folder / "mailbox").glob("*.eml"))
    zone = sync.district.timezone
    schedule = schedule_of(sync)
    times = next_times(schedule, zone, _clock.now(), 5)
    _console.rule("Summary")
    for label, number in run.summary:
        _console.print(f"{label:<34}{number:>8,}")
    _console.print(f"\nMail: {len(mails)} in {folder / 'mailbox'}")
    state = "Enabled" if schedule.enabled else "Disabled (as by default)"
    _console.print(f"Schedule: {sentence(schedule, zone)}. {state}")
    _console.print("Next times once enabled: " + ", ".join(f"{t:%a %b %d %H:%M}" for t in times))
    _console.print(f"\nLook further: rollcall show {run.pk} · rollcall explain {run.pk} 1")
