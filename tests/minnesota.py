"""A district in Minnesota with a state of its own to send to, for tests."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import connection

from rollcall.engine.clock import Clock, SystemClock
from rollcall.engine.models import Run, Sync
from rollcall.engine.outbound.models import MirrorRead
from rollcall.engine.outbound.near_real_time import attending
from rollcall.engine.runs.runner import execute
from rollcall.engine.runs.starting import start
from rollcall.engine.settings import configure, installation_settings
from rollcall.integrations.edfi.resources import RESOURCES
from rollcall.records.models import Demographics, District, Enrollment, Program, School, Student
from rollcall.sandbox.edfi.server import EdfiServer
from rollcall.sandbox.edfi.world import World

YEAR = "2025-2026"
SCHOOLS = {"010": "10625010", "020": "10625020"}


class QuickClock(SystemClock):
    """The machine's clock, sped up: pauses pass ten times as fast."""

    def __init__(self, speed: int = 10) -> None:
        self._began, self._speed = datetime.now(UTC), speed

    def now(self) -> datetime:
        return self._began + (datetime.now(UTC) - self._began) * self._speed

    def sleep(self, seconds: float) -> None:
        threading.Event().wait(seconds / self._speed)


@dataclass
class Capital:
    """A district whose sync "state" sends to `state`."""

    state: EdfiServer
    clock: SystemClock = field(default_factory=QuickClock)
    code: str = field(default_factory=lambda: uuid4().hex[:7])

    def apply(self, **settings: Any) -> None:
        """Declare the district, its connection to the state and the sync."""
        sync = {
            "integration": "edfi",
            "connection": "mde",
            "guards": {"minimum_population": 100},
            "settings": {
                "local_education_agency_id": "10625000",
                "year_in_path": False,
                **settings,
            },
        }
        document = {
            "district": {
                "code": self.code,
                "name": "Capital Schools",
                "state": "MN",
                "timezone": "America/Chicago",
                "school_year": YEAR,
            },
            "connections": {
                "mde": {
                    "type": "http",
                    "url": self.state.url,
                    "key": self.state.key,
                    "secret": "${env:MDE_SECRET}",
                }
            },
            "syncs": {"state": sync},
        }
        installation_settings.allow(self.code, addresses=["loopback"])
        configure.apply(document, {"MDE_SECRET": self.state.secret}, self.clock, "tester")

    @property
    def district(self) -> District:
        return District.objects.get(code=self.code)

    @property
    def sync(self) -> Sync:
        found = Sync.objects.select_related("district", "connection")
        return found.get(district=self.district, name="state")

    def run(self, job: str = "start_year", **how: Any) -> Run:
        started = start(self.sync, self.clock, by="person", person="tester", job=job, **how)
        return execute(started.pk, self.clock)

    def schools(self) -> None:
        for code, state_id in SCHOOLS.items():
            School.objects.create(
                district=self.district, code=code, name=f"School {code}", state_id=state_id
            )

    def student(self, number: int, *, school: str = "010", **values: Any) -> Student:
        """A student with an enrollment, demographics and nothing wrong."""
        local_id = f"{number:06}"
        made = Student.objects.create(
            **{
                "district": self.district,
                "local_id": local_id,
                "state_id": f"0625{number:09}",
                "last_name": "Olson",
                "first_name": "Kari",
                "birth_date": date(2014, 3, 1),
                "gender": "F",
                "grade": "5",
                "school_code": school,
                **values,
            }
        )
        Enrollment.objects.create(
            district=self.district,
            local_id=local_id,
            school_code=school,
            school_year=YEAR,
            entry_date=date(2025, 9, 2),
            grade=made.grade,
            entry_type="0",
            aid_category="00",
            resident_district="10625000",
            percent_enrolled="100",
            attendance="0",
            membership="0",
            attendance_unit="Days",
            transportation="00",
            special_education_status="1",
        )
        Demographics.objects.create(
            district=self.district,
            local_id=local_id,
            hispanic="N",
            races="White",
            home_language="11",
        )
        return made

    def remove(self, local_id: str) -> None:
        """Take a student out of the records."""
        of_student = {"district": self.district, "local_id": local_id}
        for model in (Program, Demographics, Enrollment, Student):
            model.objects.filter(**of_student).delete()

    def has_read(self) -> None:
        """Say that the mirror was read whole, as Start Year does."""
        for resource in RESOURCES:
            MirrorRead.objects.get_or_create(
                sync=self.sync,
                resource=resource.name,
                defaults={"at": self.clock.now(), "documents": 0},
            )

    @contextmanager
    def attended(self) -> Iterator[None]:
        """Somebody attends to the sync, and to no other, meanwhile."""
        attendants = attending.Attendants(self.clock, self.needed)
        attendants.start()
        try:
            yield
        finally:
            attendants.stop()

    def needed(self, clock: Clock) -> list[int]:
        """The sync, when it has something to do."""
        return [self.sync.pk] if attending.has_work(self.sync.pk, clock) else []

    def settled(self, seconds: float = 20) -> None:
        """Wait until nothing is left to do."""
        until_true(
            lambda: not attending.has_work(self.sync.pk, self.clock) and not _left(self.sync.pk),
            seconds,
        )


def _left(sync_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM submission WHERE sync_id = %s AND state = 'waiting')",
            [sync_id],
        )
        return bool(cursor.fetchone()[0])


def until_true(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something another thread or process does; AssertionError when it does not come."""
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    while not holds():
        assert datetime.now(UTC) < until, "it did not come"
        threading.Event().wait(0.01)


def world() -> World:
    return World(district=10625000, schools=tuple(map(int, SCHOOLS.values())), school_year=2026)
