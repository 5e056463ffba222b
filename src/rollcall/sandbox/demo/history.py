"""The demo's history: what happened in the weeks before it was started.

Every act is carried out by the engine itself, as the pages and the command line do, with its clock
set to that day. Only the change log has the database's own time; `_Past` moves it to the same day.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F

from rollcall.access import people
from rollcall.access.roles import Role
from rollcall.core.plans.plan import Outcome
from rollcall.engine.alerts import alerts
from rollcall.engine.models import Run
from rollcall.engine.runs import undoing
from rollcall.engine.runs.loading import record_files, records_sync
from rollcall.engine.runs.runner import execute
from rollcall.engine.runs.starting import start
from rollcall.engine.settings import sync_settings
from rollcall.engine.students import editing, inbox, match_decisions
from rollcall.engine.students.inbox import InboxRow
from rollcall.engine.students.match_decisions import Place
from rollcall.engine.worker.scheduling import start_due_of
from rollcall.records.models import ChangeLog, District, Student
from rollcall.sandbox.demo.story_clock import StoryClock
from rollcall.sandbox.demo.world import (
    ADMIN,
    APPROVER,
    FIRST_PASSWORD,
    PASSWORD,
    SCHEDULE,
    STEWARD,
    World,
    configure_all,
    connect,
)
from rollcall.sandbox.districts.california import write_bundle

_ZONE = ZoneInfo("America/Los_Angeles")
_EVENINGS, _WEEKDAYS, _AT = 7, (0, 2, 4), time(18, 30)
#: How long an unmatched row is ignored.
_LEAVE = timedelta(days=60)


def make_history(world: World, on_run: Callable[[Run], None]) -> None:
    """Let the last weeks happen; `on_run` is called with every run when it has ended."""
    story = _Story(world, on_run)
    evenings = evenings_before(datetime.now(_ZONE))
    for evening, act in zip(evenings, story.days(), strict=True):
        act(evening)


def evenings_before(at_latest: datetime) -> list[datetime]:
    """The last scheduled times before `at_latest` (in the district's zone), oldest first."""
    days = (at_latest.date() - timedelta(days=back) for back in range(3 * 7))
    times = (
        datetime.combine(day, _AT, at_latest.tzinfo) for day in days if day.weekday() in _WEEKDAYS
    )
    return [at for at in times if at < at_latest - timedelta(minutes=10)][:_EVENINGS][::-1]


class _Past:
    """The engine's clock on a past day, and the change log's times with it."""

    def __init__(self) -> None:
        self.clock = StoryClock()

    @contextmanager
    def at(self, day: datetime, hour: int, minute: int = 0) -> Iterator[StoryClock]:
        """What is done within happens on that day at that hour."""
        self.clock.set(day.replace(hour=hour, minute=minute))
        last = ChangeLog.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        yield self.clock
        ChangeLog.objects.filter(pk__gt=last).update(at=F("at") - self.clock.behind)


class _Story:
    """What happened on each of the evenings with a scheduled run, and before it that day."""

    def __init__(self, world: World, on_run: Callable[[Run], None]) -> None:
        self.world, self.on_run, self.past = world, on_run, _Past()

    def days(self) -> list[Callable[[datetime], None]]:
        """One act an evening."""
        return [
            self._set_up,
            self._password_changed,
            self._bad_rows,
            self._decisions,
            self._nothing_new,
            self._corrected_by_hand,
            self._wrong_file,
        ]

    def _set_up(self, day: datetime) -> None:
        """The district comes to Rollcall: load, preview, first run, schedule."""
        self.world.server.password = FIRST_PASSWORD
        with self.past.at(day, 8, 40) as clock:
            configure_all(self.world, clock, ADMIN)
            invite(self.world.district, clock)
        with self.past.at(day, 9) as clock:
            sync = records_sync(self.world.district, clock, ADMIN)
            export = write_bundle(self.world.frames, self.world.folder / "sis-export")
            files = record_files(export, sync)
            load = start(sync, clock, by="person", person=ADMIN, uploads=files)
            self._carry_out(load, clock)
        with self.past.at(day, 10) as clock:
            self.world.drop(self.world.files.students(0), clock.now())
            self._by_hand(clock, test=True)
        with self.past.at(day, 10, 20) as clock:
            self._by_hand(clock)
        with self.past.at(day, 15) as clock:
            enabled = {"schedule": {**SCHEDULE, "enabled": True}}
            sync_settings.save(self.world.sync, enabled, clock, ADMIN)
        self._evening(day, 1)

    def _password_changed(self, day: datetime) -> None:
        """The partner changes the password; the next morning the district enters the new one."""
        self.world.server.password = PASSWORD
        self._evening(day, 2)
        with self.past.at(day + timedelta(days=1), 8, 10) as clock:
            connect(self.world, clock, ADMIN)
            self._by_hand(clock)

    def _bad_rows(self, day: datetime) -> None:
        """The partner's file has rows with errors; a person takes on the alert."""
        with self.past.at(day, 18, 30) as clock:
            self.world.drop(self.world.files.bad_students(3), clock.now())
            self._scheduled(clock)
        with self.past.at(day + timedelta(days=1), 9) as clock:
            for alert in alerts.listed(self.world.district, code="field.date"):
                alerts.acknowledge(alert, STEWARD, "Asked the office to correct the dates", clock)

    def _decisions(self, day: datetime) -> None:
        """Two unmatched rows are decided, before the corrected file comes."""
        with self.past.at(day, 9, 30) as clock:
            today = match_decisions.today_of(self.world.district, clock)
            rows = inbox.inbox(self.world.district, today, self.world.sync.name, limit=20).rows
            unmatched = [row for row in rows if row.outcome == Outcome.UNMATCHED]
            mistyped = next(
                row for row in unmatched if row.near and row.near[0].differs == ("state_id",)
            )
            student = mistyped.near[0].local_id
            note = "The id was mistyped in SEIS; the office knows"
            match_decisions.link(_place(mistyped), student, STEWARD, clock, note)
            nobody = _place(next(row for row in unmatched if not row.near))
            match_decisions.ignore(nobody, today + _LEAVE, STEWARD, clock, "Left the district")
        self._evening(day, 4)

    def _nothing_new(self, day: datetime) -> None:
        """The partner's export did not run: the files are those of the run before."""
        with self.past.at(day, 18, 30) as clock:
            self._scheduled(clock)

    def _corrected_by_hand(self, day: datetime) -> None:
        """A person corrects a student's record; in the evening a new file comes at last."""
        with self.past.at(day, 11, 15):
            district = self.world.district
            changes = ChangeLog.objects.filter(
                district_id=district.pk, record="special_education", kind="update"
            )
            last = changes.order_by("-pk").values("local_id")[:1]
            student = Student.objects.get(district=district, local_id__in=last)
            texts = {"middle_name": "Alexis" if student.middle_name != "Alexis" else "Robin"}
            editing.edit(district, "student", student.pk, texts, student.digest, STEWARD)
        self._evening(day, 5)

    def _wrong_file(self, day: datetime) -> None:
        """A person uploads an old file, sees it and undoes the run; the evening's run is right."""
        with self.past.at(day, 12) as clock:
            old = self.world.folder / "CASEMISA_old.csv"
            old.write_bytes(self.world.files.students(1).content)
            sync = self.world.sync
            run = start(sync, clock, by="person", person=ADMIN, uploads={"students": old})
            wrong = self._carry_out(run, clock)
        with self.past.at(day, 12, 30) as clock:
            self._carry_out(undoing.start_undo(wrong, ADMIN, clock, test=False), clock)
        self._evening(day, 6)

    def _evening(self, day: datetime, number: int) -> None:
        """The files of day `number` are there when the scheduled run comes."""
        with self.past.at(day, 18, 30) as clock:
            self.world.drop(self.world.files.students(number), clock.now())
            self._scheduled(clock)

    def _scheduled(self, clock: StoryClock) -> None:
        run = start_due_of(self.world.sync.pk, clock)
        assert run is not None
        self._carry_out(run, clock)

    def _by_hand(self, clock: StoryClock, *, test: bool = False) -> None:
        run = start(self.world.sync, clock, by="person", person=ADMIN, test=test)
        self._carry_out(run, clock)

    def _carry_out(self, run: Run, clock: StoryClock) -> Run:
        done = execute(run.pk, clock)
        self.on_run(done)
        return done


def invite(district: District, clock: StoryClock) -> None:
    """The people of the district: an admin, a data steward, and an approver."""
    people.add(ADMIN, district, Role.ADMIN, clock, ADMIN, "Demo Admin")
    people.add(STEWARD, district, Role.STEWARD, clock, ADMIN, "Dana Ortiz")
    people.add(APPROVER, district, Role.APPROVER, clock, ADMIN, "Pat Kim")


def _place(row: InboxRow) -> Place:
    return Place(Run.objects.get(pk=row.run), row.line, row.input)
