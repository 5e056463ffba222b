"""A district of its own for every test, so that tests share one database and never clean it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import polars as pl
import pytest

from tests.clock import FakeClock

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

    def apply(self, environ: Mapping[str, str] | None = None, **sync: Any) -> Any:
        from rollcall.engine import configure

        return configure.apply(self.document(**sync), environ or {}, self.clock, "tester")

    @property
    def district(self) -> Any:
        from rollcall.records.models import District

        return District.objects.get(code=self.code)

    @property
    def sync(self) -> Any:
        from rollcall.engine.models import Sync

        return Sync.objects.select_related("district").get(district=self.district, name="casemis")

    def load(self, frames: Mapping[str, pl.DataFrame]) -> Any:
        """Load records from CSV files as `records load` does."""
        from rollcall.engine.loading import bundle, records_sync
        from rollcall.engine.starting import start

        for name, frame in frames.items():
            (self.folder / "sis").mkdir(exist_ok=True)
            frame.write_csv(self.folder / "sis" / f"{name}.csv")
        sync = records_sync(self.district, self.clock, "tester")
        with bundle(self.folder / "sis", sync) as files:
            return self.execute(start(sync, self.clock, by="person", uploads=files))

    def drop(self, name: str, content: bytes) -> None:
        """A file the partner finished writing long ago."""
        import os

        (self.outgoing / name).write_bytes(content)
        os.utime(self.outgoing / name, (1_480_000_000, 1_480_000_000))

    def run(self, **how: Any) -> Any:
        from rollcall.engine.starting import start

        return self.execute(start(self.sync, self.clock, by="person", person="tester", **how))

    def execute(self, run: Any, **how: Any) -> Any:
        from rollcall.engine.running import execute

        return execute(run.pk, self.clock, **how)

    def mails(self) -> list[Any]:
        from email import message_from_bytes, policy

        files = sorted(self.mailbox.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]

    def report(self, run: Any, name: str) -> pl.DataFrame:
        from rollcall.engine import artifacts

        stored = run.artifacts.get(kind="report", name=f"{name}.csv")
        return pl.read_csv(artifacts.path_of(stored), infer_schema=False)

    def special_education(self) -> list[dict[str, Any]]:
        from rollcall.records.models import SpecialEducation

        found = SpecialEducation.objects.filter(district=self.district).order_by("local_id")
        return list(found.values())


@pytest.fixture(scope="session")
def _wired(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    from rollcall import wiring

    wiring.set_up()
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def town(_wired: None, tmp_path: Path) -> Town:
    made = Town(uuid4().hex[:7], tmp_path, FakeClock(NOW))
    for folder in (made.mailbox, made.outgoing):
        folder.mkdir()
    made.apply()
    return made


@pytest.fixture
def students() -> pl.DataFrame:
    """Five students; two of them have one name and birth date, one has no SSID."""
    columns = ["local_id", "state_id", "last_name", "first_name", "birth_date", "grade"]
    rows = [
        ("100001", "0000000001", "García", "Elena", "2008-03-14", "03"),
        ("100002", None, "Nguyen", "Minh", "2005-11-02", "06"),
        ("100003", "0000000003", "Smith", "Jo", "2007-05-09", "04"),
        ("100004", "0000000004", "Lee", "Kim", "2007-05-09", "04"),
        ("100005", "0000000005", "Lee", "Kim", "2007-05-09", "04"),
    ]
    return pl.DataFrame(rows, schema=columns, orient="row")


RowMaker = Callable[..., str]


@pytest.fixture
def table_a() -> RowMaker:
    """Makes one Table A line from field names and values; the rest is blank."""
    from rollcall.integrations.casemis.layout import TABLE_A

    def line(**values: str) -> str:
        unknown = set(values) - set(TABLE_A.names)
        assert not unknown, unknown
        return ",".join(values.get(name, "") for name in TABLE_A.names)

    return line
