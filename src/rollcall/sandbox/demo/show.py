"""The demo: a district with weeks of history, every step of today's run, and what waits for you."""

from zoneinfo import ZoneInfo

from django.core.management import call_command

from rollcall.core.settings.schedule import next_times, sentence
from rollcall.engine.alerts import alerts, health
from rollcall.engine.clock import SystemClock
from rollcall.engine.models import Run, RunState
from rollcall.engine.runs import approving, pausing
from rollcall.engine.runs.results import exit_code, row_errors, state_words
from rollcall.engine.runs.starting import start
from rollcall.engine.students import inbox, match_decisions
from rollcall.engine.worker.scheduling import schedule_of
from rollcall.records.models import ChangeLog, District, Student
from rollcall.sandbox.casemis.files import MadeFile
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
from rollcall.sandbox.demo.history import make_history
from rollcall.sandbox.demo.world import ADMIN, CODE, STUDENTS, World, connect, opened
from rollcall.terminal import execute_watched, show_run

_clock = SystemClock()
#: How a run can end without ending the demo.
_FINE = (RunState.DONE, RunState.UNCHANGED, RunState.HELD)


def show(*, once: bool) -> None:
    """Run the demo on this installation's state; with `once` end after the summary."""
    console.rule("Rollcall demo")
    call_command("migrate", verbosity=0, interactive=False)
    at = None if once else listen()
    with opened(beside_home("demo")) as world:
        if District.objects.filter(code=CODE).exists():
            # Another day of a demo that was shown before: runs that are held are discarded.
            connect(world, _clock, ADMIN)
            pausing.resume(world.sync, _clock)
            for run in Run.objects.filter(sync=world.sync, state=RunState.HELD):
                approving.discard(run, ADMIN, _clock, "A complete file came the next day")
        else:
            console.print(f"\n[bold]1. Load {STUDENTS:,} students, and let two weeks go by[/bold]")
            make_history(world, _show_past_run)
        world.drop(_of_today(world), _clock.now())
        _run(world, "2. Preview the special-education import", test=True)
        _run(world, "3. Run it", findings=False)
        world.drop(_of_today(world), _clock.now(), world.files.half_of_services())
        _run(world, "4. The next services file has half of the rows", findings=False)
        _sum_up(world)
        invite(ADMIN)
        if at is not None:
            serve_with_worker(at, world.folder / "worker.log")


def _show_past_run(run: Run) -> None:
    """One line of history."""
    at = run.created_at.astimezone(ZoneInfo(run.district.timezone))
    what = f"Undo of run {run.undo_of_id}" if run.undo_of_id else run.sync.name
    errors = f", {count} rows with errors" if (count := row_errors(run)) else ""
    console.print(f"  run {run.pk:>2}  {at:%a %b %d %H:%M}  {what:<14} {state_words(run)}{errors}")


def _of_today(world: World) -> MadeFile:
    """Each run that was applied was a day."""
    days = Run.objects.filter(sync=world.sync, test=False, undo_of=None, state=RunState.DONE)
    return world.files.students_today(days.count())


def _run(world: World, title: str, *, test: bool = False, findings: bool = True) -> Run:
    console.print(f"\n[bold]{title}[/bold]")
    run = start(world.sync, _clock, by="person", person=ADMIN, test=test)
    done = execute_watched(run)
    show_run(done, findings=findings)
    if done.state not in _FINE:
        raise SystemExit(exit_code(done))
    return done


def _sum_up(world: World) -> None:
    """The district now, and where to look next."""
    sync, district = world.sync, world.district
    state = health.of_sync(sync, _clock).health
    today = match_decisions.today_of(district, _clock)
    open_rows = sum(counts.open for counts in inbox.inbox(district, today, limit=1).syncs)
    students = Student.objects.filter(district=district).count()
    schedule, zone = schedule_of(sync), district.timezone
    nearest = ", ".join(f"{at:%a %b %d}" for at in next_times(schedule, zone, _clock.now(), 3))
    mails = len(list((world.folder / "mailbox").glob("*.eml")))
    runs = Run.objects.filter(district=district).count()
    console.rule("Summary")
    line("District", f"{district.name}, {students:,} students, {runs} runs")
    line(sync.name, f"{state.state}. {state.next_step}")
    line("Open", f"{open_rows} rows without a student, {len(alerts.listed(district))} alerts")
    line("Schedule", f"{sentence(schedule, zone)}: {nearest}")
    line("Mail", f"{mails} in {world.folder / 'mailbox'}")
    _next_steps(district, state.run, open_rows)


def _next_steps(district: District, held_run: int | None, open_rows: int) -> None:
    """Pages, and the command that shows the same."""
    console.print("\n[bold]Look next[/bold]")
    if held_run is not None:
        step(
            f"the held run {held_run}", page_of(CODE, "review", number=held_run), f"show {held_run}"
        )
    if open_rows:
        step("rows without a student", page_of(CODE, "unmatched"), "unmatched")
    edits = ChangeLog.objects.filter(district_id=district.pk, record="student", kind="update")
    last_edit = edits.exclude(person=None).order_by("-pk").values("local_id")[:1]
    if student := Student.objects.filter(district=district, local_id__in=last_edit).first():
        step("a student", page_of(CODE, "student", id=student.pk), f"student {student.local_id}")
