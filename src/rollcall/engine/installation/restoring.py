"""A backup put back into an empty installation, where nothing runs or is sent until it is resumed.

The partner may have something newer than what the backup knows, and the installation the backup is
of may still run beside this one (a drill). So every sync is paused, mails that waited are given
up, and what we knew of partners' documents is forgotten as knowledge: each sync that sends reads
its mirror anew before it decides on anything (`outbound.batch`).
"""

import json
from pathlib import Path

import psycopg
from pydantic import ValidationError

from rollcall import home, keys
from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.embedded import dumping
from rollcall.engine.installation.backup import (
    DATABASE,
    FILES,
    MANIFEST,
    Manifest,
    Progress,
    StoredFile,
    copy_files,
    files_of,
    key_mark,
    sha256_of,
)
from rollcall.records import moments

_WHO = "whoever runs the server"

NO_BACKUP = Codes.add(
    "backup.none",
    Severity.ERROR,
    "This folder is not a complete backup of Rollcall",
    "Name the folder that `rollcall backup` wrote; copy it again from where it is kept.",
    _WHO,
)
OTHER_KEY = Codes.add(
    "backup.other_key",
    Severity.ERROR,
    "The key of this installation is not the one the backup was made with",
    "Give the key that was kept apart with --key FILE, or as ROLLCALL_KEY.",
    _WHO,
)
NOT_EMPTY = Codes.add(
    "backup.not_empty",
    Severity.ERROR,
    "There is a database here already; nothing was changed",
    "Set ROLLCALL_HOME to a new folder and restore there.",
    _WHO,
)


def manifest_of(folder: Path) -> Manifest:
    """What a backup has. Problem backup.none when it is none or its database is damaged."""
    try:
        manifest = Manifest.model_validate(json.loads((folder / MANIFEST).read_text()))
        intact = sha256_of(folder / DATABASE) == manifest.database_sha256
    except (OSError, ValueError, ValidationError):
        raise Problem(NO_BACKUP, str(folder)) from None
    if not intact:
        raise Problem(NO_BACKUP, f"{DATABASE} is not what it was")
    return manifest


def restore(
    url: str, folder: Path, manifest: Manifest, key: bytes | None, progress: Progress
) -> list[str]:
    """Fill the empty database at `url` and the folder of artifacts; every sync is paused.

    `key`: takes the place of the key there is, which nothing is sealed with yet. The paths of files
    that are not in the backup as they were. Problem backup.not_empty, backup.other_key,
    database.program_failed.
    """
    with psycopg.connect(url) as database:
        has_tables = database.execute(
            "SELECT EXISTS (SELECT FROM information_schema.tables WHERE table_schema = 'public')"
        ).fetchone()
    if has_tables is None or has_tables[0]:
        raise Problem(NOT_EMPTY)
    if key is not None:
        keys.replace(key)
    if key_mark() != manifest.key:
        raise Problem(OTHER_KEY)
    dumping.load(url, folder / DATABASE)
    progress("database", 1, 1)
    stored = settle(url)
    missing = copy_files(stored, folder / FILES, home.artifacts(), progress)
    return [path for path in missing if path not in manifest.missing]


def settle(url: str) -> list[StoredFile]:
    """Make a database that was restored fit to use (see `records.moments`); the files it names.

    Nothing runs, is sent or mailed by itself; what partners have is not known any more. Also for a
    database that was restored by its own tools.
    """
    with psycopg.connect(url, autocommit=True) as database:
        moments.translate(database)
        with database.transaction():
            database.execute("UPDATE sync SET paused = true")
            database.execute("DELETE FROM mirror_read")
            database.execute("DELETE FROM partner_session")
            database.execute("UPDATE mail SET next_attempt = NULL WHERE sent_at IS NULL")
            database.execute("DELETE FROM procrastinate_workers")
        return files_of(database)
