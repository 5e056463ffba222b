"""Loading the district's records: a run of the built-in sync `records` on given files."""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.engine import registry
from rollcall.engine.clock import Clock
from rollcall.engine.configure import save_version
from rollcall.engine.models import Sync
from rollcall.records.models import District

#: The built-in sync and the integration it runs.
RECORDS_SYNC, RECORDS_INTEGRATION = "records", "roster"

NO_RECORD_FILES = Codes.add(
    "records.no_files",
    Severity.ERROR,
    "There is no record file there",
    "Give a folder or zip with Rollcall's own record files or a OneRoster 1.1 CSV bundle.",
    "the person who exports from the SIS",
)


def records_sync(district: District, clock: Clock, person: str) -> Sync:
    """The district's `records` sync, made on first use unless the configuration declares one."""
    sync, added = Sync.objects.select_related("district").get_or_create(
        district=district,
        name=RECORDS_SYNC,
        defaults={"integration": RECORDS_INTEGRATION, "schedule_seen": clock.now()},
    )
    if added:
        save_version(sync, {}, clock, person)
    return sync


@contextmanager
def bundle(path: Path, sync: Sync) -> Iterator[dict[str, Path]]:
    """The files of a folder or zip that the sync's integration reads, by input name.

    Problem when there is none, or the zip cannot be opened.
    """
    integration = registry.integration(sync.integration)
    settings = integration.settings.model_validate(sync.version.config.get("settings", {}))
    wanted = {
        filename.lower(): input.name
        for input in integration.inputs
        if (filename := input.filename(settings))
    }
    with _folder(path, set(wanted)) as folder:
        found = {
            wanted[file.name.lower()]: file
            for file in sorted(folder.iterdir())
            if file.name.lower() in wanted
        }
        if not found:
            raise Problem(NO_RECORD_FILES, f"{path.name}; known names: {', '.join(sorted(wanted))}")
        yield found


@contextmanager
def _folder(path: Path, wanted: set[str]) -> Iterator[Path]:
    """The folder itself, or a temporary one with the wanted files of a zip (any depth)."""
    if path.is_dir():
        yield path
        return
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise Problem(NO_RECORD_FILES, f"{path.name} is neither a folder nor a zip") from None
    with archive, tempfile.TemporaryDirectory(prefix="rollcall-") as temporary:
        for member in archive.infolist():
            name = Path(member.filename).name
            if name.lower() in wanted:
                with archive.open(member) as source, (Path(temporary) / name).open("wb") as target:
                    shutil.copyfileobj(source, target)
        yield Path(temporary)
