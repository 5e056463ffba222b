"""Where the demo happens: an invented district, its partner's SFTP server, its settings."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rollcall.engine.clock import Clock
from rollcall.engine.models import Sync
from rollcall.engine.settings import configure, installation_settings
from rollcall.records.models import District
from rollcall.sandbox.casemis.files import MadeFile
from rollcall.sandbox.demo.files import SEED, DailyFiles
from rollcall.sandbox.districts.california import Frames, make_district
from rollcall.sandbox.sftp_server import SftpServer

STUDENTS = 5_000
CODE, SYNC, CONNECTION = "6412345", "casemis", "seis"
ADMIN, STEWARD, APPROVER = "demo@example.org", "steward@example.org", "approver@example.org"
SCHEDULE = {"days": ["mon", "wed", "fri"], "at": ["18:30"]}
#: Of a server on this machine that runs as long as the demo; the partner changes it once.
FIRST_PASSWORD, PASSWORD = "demo-first", "demo-only"
_STUDENTS_FILE, _SERVICES_FILE = "CASEMISA.csv", "CASEMISB.csv"


@dataclass
class World:
    """The demo's own part: what it invents and keeps below `folder`."""

    folder: Path
    server: SftpServer
    frames: Frames = field(default_factory=lambda: make_district(STUDENTS, SEED))

    def __post_init__(self) -> None:
        self.files = DailyFiles(self.frames["students"])

    @property
    def district(self) -> District:
        """The demo's district."""
        return District.objects.get(code=CODE)

    @property
    def sync(self) -> Sync:
        """Its special-education import."""
        return Sync.objects.select_related("district").get(district__code=CODE, name=SYNC)

    def drop(self, students: MadeFile, at: datetime, services: MadeFile | None = None) -> None:
        """The partner's system writes its files, a few minutes before `now`."""
        services = services or self.files.services
        for name, file in ((_STUDENTS_FILE, students), (_SERVICES_FILE, services)):
            path = self.server.folder / name
            path.write_bytes(file.content)
            # So that no run has to wait whether the file is complete.
            os.utime(path, (at.timestamp() - 300,) * 2)


@contextmanager
def opened(folder: Path) -> Iterator[World]:
    """The demo's world in `folder`, with the partner's server running."""
    outgoing = folder / "outgoing"
    outgoing.mkdir(parents=True, exist_ok=True)
    key = folder / "host_key"
    with SftpServer(outgoing, "rollcall", PASSWORD, host_key_file=key) as server:
        yield World(folder, server)


def configure_all(world: World, clock: Clock, person: str) -> None:
    """Declare the district, its mail, the connection and the import, whose schedule is off."""
    mailbox = world.folder / "mailbox"
    mailbox.mkdir(parents=True, exist_ok=True)
    settings = {"students_file": _STUDENTS_FILE, "services_file": _SERVICES_FILE}
    sync = {
        "integration": "casemis",
        "connection": CONNECTION,
        "recipients": ["my_email@example.com"],
        "settings": settings,
        "schedule": {**SCHEDULE, "enabled": False},
    }
    installation_settings.allow(CODE, [str(mailbox)])
    mail = {"type": "folder", "path": str(mailbox), "from": "rollcall@example.com"}
    _apply(world, clock, person, {"mail": mail, "syncs": {SYNC: sync}})


def connect(world: World, clock: Clock, person: str) -> None:
    """Declare where the partner's server is now, and its password."""
    _apply(world, clock, person, {})


def _apply(world: World, clock: Clock, person: str, more: dict[str, Any]) -> None:
    server = world.server
    connection = {
        "type": "sftp",
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": "${env:SEIS_PASSWORD}",
        "directory": "/",
        "host_key": server.host_key,
    }
    district = {
        "code": CODE,
        "name": "Demo Unified",
        "state": "CA",
        "timezone": "America/Los_Angeles",
        "school_year": "2016-2017",
    }
    document = {"district": district, "connections": {CONNECTION: connection}, **more}
    installation_settings.allow(CODE, addresses=["loopback"])
    environ = {**os.environ, "SEIS_PASSWORD": server.password}
    configure.apply(document, environ, clock, person)
