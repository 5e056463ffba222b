"""The demo of sending: a district in Minnesota, a stand-in for its state, and an edit that travels.

The state is in this process and keeps nothing: a demo that is opened again fills it again.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

from django.core.management import call_command

from rollcall.access import people
from rollcall.access.roles import Role
from rollcall.engine.alerts import alerts
from rollcall.engine.clock import SystemClock
from rollcall.engine.models import Run, RunState, Sync
from rollcall.engine.outbound.figures import figures
from rollcall.engine.outbound.models import Edit, MirrorDocument, Submission, SubmissionState
from rollcall.engine.outbound.near_real_time import attending, switch
from rollcall.engine.outbound.problems import rules_report
from rollcall.engine.runs.loading import record_files, records_sync
from rollcall.engine.runs.results import exit_code
from rollcall.engine.runs.runner import execute
from rollcall.engine.runs.starting import start
from rollcall.engine.settings import configure, installation_settings
from rollcall.engine.students import editing
from rollcall.records.models import District, Enrollment, Student
from rollcall.sandbox.demo.endings import (
    beside_home,
    console,
    invite,
    line,
    listen,
    page_of,
    serve_with_worker,
    step,
)
from rollcall.sandbox.districts import minnesota
from rollcall.sandbox.districts.california import Frames, write_bundle
from rollcall.sandbox.edfi.identity import TEXTS
from rollcall.sandbox.edfi.server import EdfiServer
from rollcall.sandbox.edfi.world import World as State
from rollcall.terminal import execute_watched, show_run

STUDENTS, SEED = 500, 3
CODE, SYNC, CONNECTION = "0625000", "state", "mde"
ADMIN = "demo@example.org"
_REPORT = "ErrorSummary.csv"
_ANOTHER = f"3006 {TEXTS[3006]}"

_SYNC_SETTINGS = {
    "integration": "edfi",
    "connection": CONNECTION,
    "owner": "Dana Ortiz",
    "recipients": ["my_email@example.com"],
    "settings": {"local_education_agency_id": minnesota.DISTRICT},
    "schedule": {"days": ["sun"], "at": ["02:00"], "job": "resynchronize", "enabled": True},
}

_clock = SystemClock()


@dataclass
class World:
    """The district's records as files in `folder`, and its state."""

    folder: Path
    frames: Frames
    state: EdfiServer
    year: str = field(default_factory=lambda: school_year(datetime.now(UTC)))

    @cached_property
    def district(self) -> District:
        """The demo's district."""
        return District.objects.get(code=CODE)

    @property
    def sync(self) -> Sync:
        """What it sends to the state."""
        return Sync.objects.select_related("district", "connection").get(
            district__code=CODE, name=SYNC
        )


def school_year(day: datetime) -> str:
    """The school year that is going on, which begins in August: "2025-2026"."""
    first = day.year if day.month >= 8 else day.year - 1
    return f"{first}-{first + 1}"


def show(*, once: bool) -> None:
    """Run the demo on this installation's state; with `once` end after the summary."""
    console.rule("Rollcall demo: sending to a state")
    call_command("migrate", verbosity=0, interactive=False)
    at = None if once else listen()
    with _opened(beside_home("demo-state")) as world:
        again = District.objects.filter(code=CODE).exists()
        _configure(world)
        if again:
            _run("1. Fill the state again: it stores nothing", world, "resynchronize")
        else:
            _begin(world)
        attendants = attending.Attendants(_clock)
        attendants.start()  # they send edits, as those of every worker do
        try:
            _edit(world, 0, "A first name was edited; we sign in to the state")
            took = _edit(world, 1, "Another was edited")
            _refusal(world)
        finally:
            attendants.stop()
        _level_2(world)
        _sum_up(world, took)
        if at is not None:
            serve_with_worker(at, world.folder / "worker.log")


@contextmanager
def _opened(folder: Path) -> Iterator[World]:
    """The demo's files in `folder`, and its state running."""
    folder.mkdir(parents=True, exist_ok=True)
    year = school_year(datetime.now(UTC))
    frames = minnesota.minnesota_frames(STUDENTS, SEED, year)
    schools = tuple(map(int, frames["schools"]["state_id"]))
    place = State(int(minnesota.DISTRICT), schools, school_year=int(year[-4:]), year_in_path=True)
    with EdfiServer(place) as state:
        yield World(folder, frames, state, year)


def _configure(world: World) -> None:
    """Declare the district, where its state is now, and the sync."""
    mailbox = world.folder / "mailbox"
    mailbox.mkdir(exist_ok=True)
    document = {
        "district": {
            "code": CODE,
            "name": "Demo Lake Schools",
            "state": "MN",
            "timezone": "America/Chicago",
            "school_year": world.year,
        },
        "mail": {"type": "folder", "path": str(mailbox), "from": "rollcall@example.com"},
        "connections": {
            CONNECTION: {
                "type": "http",
                "url": world.state.url,
                "key": world.state.key,
                "secret": "${env:MDE_SECRET}",
            }
        },
        "syncs": {
            "records": {"integration": "roster", "settings": {"state_id_digits": 13}},
            SYNC: _SYNC_SETTINGS,
        },
    }
    installation_settings.allow(CODE, [str(mailbox)], ["loopback"])
    environ = {**os.environ, "MDE_SECRET": world.state.secret}
    configure.apply(document, environ, _clock, ADMIN)


def _begin(world: World) -> None:
    people.add(ADMIN, world.district, Role.ADMIN, _clock, ADMIN, "Demo Admin")
    console.print(f"\n[bold]1. Load {STUDENTS:,} students of a Minnesota district[/bold]")
    sync = records_sync(world.district, _clock, ADMIN)
    files = record_files(write_bundle(world.frames, world.folder / "sis-export"), sync)
    run = start(sync, _clock, by="person", person=ADMIN, uploads=files)
    _fine(execute(run.pk, _clock))
    _run("2. Preview Start Year: nothing is sent", world, "start_year", test=True)
    _run("3. Start Year: all students' records go to the state", world, "start_year")
    console.print("\n[bold]4. Turn near real time on: from now on, edits go by themselves[/bold]")
    if compares := switch.turn_on(world.sync, ADMIN, _clock):
        execute(compares.pk, _clock)


def _run(title: str, world: World, job: str, *, test: bool = False) -> Run:
    console.print(f"\n[bold]{title}[/bold]")
    run = start(world.sync, _clock, by="person", person=ADMIN, job=job, test=test)
    done = execute_watched(run)
    show_run(done, findings=False)
    return _fine(done)


def _fine(run: Run) -> Run:
    if run.state != RunState.DONE:
        raise SystemExit(exit_code(run))
    return run


def _edit(world: World, place: int, what: str) -> int:
    """Edit a student's first name; milliseconds until the state has accepted it."""
    student = _someone(world, place)
    name = "Solveig" if student.first_name != "Solveig" else "Astrid"
    began = time.perf_counter()
    _change(student, world, first_name=name)
    about_student = {"sync": world.sync, "local_id": student.local_id}
    # Accepted: no edit is left to process, and no submission to answer.
    open_work = [model.objects.filter(**about_student) for model in (Edit, Submission)]
    _until(lambda: not any(rows.exists() for rows in open_work))
    took = round((time.perf_counter() - began) * 1000)
    console.print(f"  {what} -> accepted by the state in {took} ms")
    return took


def _refusal(world: World) -> None:
    """A birth date is mistyped, so that the state takes it for another student's number. Any later
    edit of the student is accepted.
    """
    student = _someone(world, 2)
    born = student.birth_date or date(2015, 5, 1)
    world.state.faults.refuse("students", (student.state_id,), text=_ANOTHER)
    _change(student, world, birth_date=str(born.replace(day=born.day % 28 + 1)))
    refused = Submission.objects.filter(sync=world.sync, state=SubmissionState.REFUSED)
    _until(refused.filter(local_id=student.local_id).exists)
    world.state.faults.accept("students", (student.state_id,))
    console.print("  A birth date was mistyped -> refused; the alerts say why")


def _change(student: Student, world: World, **texts: str) -> None:
    editing.edit(world.district, "student", student.pk, texts, student.digest, ADMIN)


def _someone(world: World, place: int) -> Student:
    """A student whose documents at the state are as in the records."""
    enrollments = MirrorDocument.objects.filter(
        sync=world.sync, resource="studentSchoolAssociations"
    )
    submissions = Submission.objects.filter(sync=world.sync).values("local_id")
    local_ids = enrollments.exclude(local_id__in=submissions).values_list("local_id", flat=True)
    local_id = sorted(filter(None, local_ids))[place * 7]
    return Student.objects.get(district=world.district, local_id=local_id)


def _until(is_true: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > until:
            raise SystemExit("The edit did not arrive in time.")
        threading.Event().wait(0.005)


def _level_2(world: World) -> None:
    """Save and upload the portal's report of errors that the state's rules find."""
    entered = Enrollment.objects.filter(district=world.district, exit_date=None).order_by("pk")
    enrolled = entered.values_list("local_id", flat=True)[20:22]
    students = Student.objects.filter(district=world.district, local_id__in=list(enrolled))
    lines = [
        "Component,Severity,ErrorCode,ErrorText,StudentUniqueId",
        *(f"StudentEnrollment,Error,10.10.6521,{_RULE},{student.state_id}" for student in students),
    ]
    report = world.folder / _REPORT
    report.write_text("\n".join([*lines, ""]))
    rules_report.upload(world.sync, report.read_bytes(), _clock, ADMIN)


_RULE = "55. Student leaves before entering"


def _sum_up(world: World, took: int) -> None:
    flow = figures.flow(world.sync, _clock)
    total = flow.total
    at_state = sum(len(world.state.documents(counts.resource)) for counts in flow.resources)
    console.rule("Summary")
    line("District", f"{world.district.name}, {STUDENTS:,} students, {world.year}")
    line("Documents", f"{total.records:,} expected, {total.accepted:,} accepted, "
          f"{total.refused} refused; the state has {at_state:,}")  # fmt: skip
    line("Edit", f"accepted by the state {took} ms after it was saved")
    line("Open", f"{len(alerts.listed(world.district, limit=1000))} alerts")
    line("Level 2", f"the portal's report is in {world.folder / _REPORT}")
    console.print("\n[bold]Look next[/bold]")
    step("the data flow", page_of(CODE, "flow", sender=SYNC), f"flow {SYNC}")
    step("what the state refused", f"{page_of(CODE, 'alerts')}?kind=refused", "alerts")
    step("its rules (level 2)", f"{page_of(CODE, 'alerts')}?kind=rule", "alerts")
    invite(ADMIN)
