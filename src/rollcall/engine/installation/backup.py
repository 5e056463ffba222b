"""A backup of the installation: the database as it is at one moment, and every file it names.

The database comes first. Files of runs are written once and before the row that names them, so
those that the database names at that moment are there; what a run writes meanwhile is in neither.
The key is not in it: with both, credentials can be read.
"""

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from pydantic import BaseModel, ConfigDict

import rollcall
from rollcall import home, keys
from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.embedded import dumping
from rollcall.engine.clock import Clock
from rollcall.engine.folders import below

_BLOCK = 1 << 20
DATABASE, FILES, MANIFEST = "database.dump", "artifacts", "manifest.json"
_WHO = "whoever runs the server"

FOLDER_THERE = Codes.add(
    "backup.folder_there",
    Severity.ERROR,
    "There is something in the folder of the backup already",
    "Name a folder that is not there yet, such as one with the day in its name.",
    _WHO,
)
FILES_MISSING = Codes.add(
    "backup.files_missing",
    Severity.ERROR,
    "The backup was made, but files of runs are missing or damaged where they are stored",
    "Look for them in an earlier backup; pages of these runs say so too.",
    _WHO,
)

#: Called with what was done: "database", or how many files of how many.
Progress = Callable[[str, int, int], None]


class Manifest(BaseModel):
    """What a backup has. `key`: what only the installation's key gives, and says nothing of it.

    `files`, `bytes`: stored files of runs. `missing`: of these the ones that were not there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    made_at: str
    database_sha256: str
    key: str
    files: int
    bytes: int
    missing: list[str]


@dataclass(frozen=True)
class StoredFile:
    """A file of a run that the database names; `path` is below the folder of artifacts."""

    path: str
    sha256: str
    size: int


def back_up(url: str, folder: Path, clock: Clock, progress: Progress) -> Manifest:
    """Write a backup of the database at `url` and its files into a new `folder`, or nothing.

    Problem backup.folder_there, database.program_failed, or backup.files_missing (the backup is
    there then).
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Problem(FOLDER_THERE, str(folder))
    draft = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    try:
        manifest = _write(url, draft, clock, progress)
        (draft / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n")
        draft.replace(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    if manifest.missing:
        raise Problem(FILES_MISSING, f"{len(manifest.missing)}, see {folder / MANIFEST}")
    return manifest


def _write(url: str, draft: Path, clock: Clock, progress: Progress) -> Manifest:
    with psycopg.connect(url) as database:
        # One moment of the database, which pg_dump sees too.
        database.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        database.read_only = True
        snapshot = database.execute("SELECT pg_export_snapshot()").fetchone()
        assert snapshot is not None
        made_at = clock.now()
        dumping.dump(url, draft / DATABASE, str(snapshot[0]))
        progress("database", 1, 1)
        stored = files_of(database)
    missing = copy_files(stored, home.artifacts(), draft / FILES, progress)
    return Manifest(
        version=rollcall.__version__,
        made_at=made_at.isoformat(),
        database_sha256=sha256_of(draft / DATABASE),
        key=key_mark(),
        files=len(stored),
        bytes=sum(file.size for file in stored),
        missing=_still_expected(url, missing),
    )


def files_of(database: psycopg.Connection) -> list[StoredFile]:
    """The files that the database names and that were not removed because of their age."""
    query = "SELECT path, sha256, size FROM artifact WHERE removed_at IS NULL ORDER BY id"
    return [StoredFile(*row) for row in database.execute(query)]


def copy_files(
    files: Sequence[StoredFile], origin: Path, target: Path, progress: Progress
) -> list[str]:
    """Copy stored files from below one folder to below another; the paths of those that are missing
    or damaged.
    """
    missing = []
    for count, file in enumerate(files, 1):
        if not _copied(file, origin, target):
            missing.append(file.path)
        progress("files", count, len(files))
    return missing


def _copied(file: StoredFile, origin: Path, target: Path) -> bool:
    """Copy a stored file from below one folder to below another; whether it was what it should be.

    What is damaged is not copied.
    """
    parts = file.path.split("/")
    there, here = below(origin, *parts), below(target, *parts)
    here.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    hashed = hashlib.sha256()
    try:
        with there.open("rb") as source, here.open("wb") as copy:
            while block := source.read(_BLOCK):
                hashed.update(block)
                copy.write(block)
    except FileNotFoundError:
        return False
    if hashed.hexdigest() != file.sha256:
        here.unlink()
        return False
    return True


def _still_expected(url: str, paths: list[str]) -> list[str]:
    """Of files that were not there those that the database names to this moment. The others were
    removed because of their age, or written anew by a run under way, which writes them again.
    """
    if not paths:
        return []
    query = """SELECT a.path FROM artifact a JOIN run r ON r.id = a.run_id
        WHERE a.path = ANY(%s) AND a.removed_at IS NULL AND r.state NOT IN ('queued', 'running')"""
    with psycopg.connect(url) as database:
        return [path for (path,) in database.execute(query, [paths])]


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def key_mark() -> str:
    """What tells whether a key is the one that a backup's credentials are sealed with."""
    return hashlib.sha256(keys.derived("backup").encode()).hexdigest()
