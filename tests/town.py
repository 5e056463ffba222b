"""A district of its own for every test, so that tests share one database and never clean it."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import polars as pl
from tests.clock import FakeClock

from rollcall.engine import artifacts
from rollcall.engine.models import Run, Sync
from rollcall.engine.runs.loading import record_files, records_sync
from rollcall.engine.runs.runner import execute
from rollcall.engine.runs.starting import start
from rollcall.engine.settings import configure, installation_settings
from rollcall.engine.settings.configure import Done
from rollcall.integrations.casemis.models import SpecialEducation
from rollcall.records.models import District

#: Makes one Table A line from field names and values; the rest is blank.
RowMaker = Callable[..., str]
NOW = datetime(2016, 12, 5, 20, 0, tzinfo=UTC)


@dataclass
class Town:
    """A district with a folder connection, a casemis sync and whatever files a test drops."""

    code: str
    folder: Path
    clock: FakeClock
    recipients: list[str] = field(default_factory=lambda: ["data@example.org"])

    @property
    def mailbox(self) -> Path:
        return self.folder / "mailbox"

    @property
    def outgoing(self) -> Path:
        return self.folder / "outgoing"

    def document(self, **sync: Any) -> dict[str, Any]:
        return {
            "district": {
                "code": self.code,
                "name": "Test Unified",
                "state": "CA",
                "timezone": "America/Los_Angeles",
                "school_year": "2016-2017",
            },
            "mail": {"type": "folder", "path": str(self.mailbox), "from": "rollcall@example.org"},
            "connections": {"seis": {"type": "folder", "path": str(self.outgoing)}},
            "syncs": {
                "casemis": {
                    "integration": "casemis",
                    "connection": "seis",
                    "recipients": self.recipients,
                    "settings": {"students_file": "A.csv"},
                    **sync,
                }
            },
        }

    def allow(self) -> None:
        """Let the district use its own folder and servers of this machine."""
        installation_settings.allow(self.code, [str(self.folder)], ["loopback"])

    def apply(self, environ: Mapping[str, str] | None = None, **sync: Any) -> list[Done]:

        self.allow()
        return configure.apply(self.document(**sync), environ or {}, self.clock, "tester")

    @property
    def district(self) -> District:

        return District.objects.get(code=self.code)

    @property
    def sync(self) -> Sync:

        return Sync.objects.select_related("district").get(district=self.district, name="casemis")

    def load(self, frames: Mapping[str, pl.DataFrame]) -> Run:
        """Load records from CSV files as `records load` does."""

        for name, frame in frames.items():
            (self.folder / "sis").mkdir(exist_ok=True)
            frame.write_csv(self.folder / "sis" / f"{name}.csv")
        sync = records_sync(self.district, self.clock, "tester")
        files = record_files(self.folder / "sis", sync)
        return self.execute(start(sync, self.clock, by="person", uploads=files))

    def drop(self, name: str, content: bytes) -> None:
        """A file the partner finished writing long ago."""

        (self.outgoing / name).write_bytes(content)
        os.utime(self.outgoing / name, (1_480_000_000, 1_480_000_000))

    def run(self, **how: Any) -> Run:

        return self.execute(start(self.sync, self.clock, by="person", person="tester", **how))

    def execute(self, run: Run, **how: Any) -> Run:

        return execute(run.pk, self.clock, **how)

    def mails(self) -> list[EmailMessage]:

        files = sorted(self.mailbox.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        parser = BytesParser(EmailMessage, policy=policy.default)
        return [parser.parsebytes(path.read_bytes()) for path in files]

    def report(self, run: Run, name: str) -> pl.DataFrame:

        stored = run.artifacts.get(kind="report", name=f"{name}.csv")
        return pl.read_csv(artifacts.path_of(stored), infer_schema=False)

    def special_education(self) -> list[dict[str, Any]]:

        found = SpecialEducation.objects.filter(district=self.district).order_by("local_id")
        return [dict(record) for record in found.values()]
