"""rollcall backup / restore."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import Progress as Bar
from rich.progress import TaskID

from rollcall.cli.common import command, json_option, print_json, say, wrong_usage
from rollcall.embedded import database_url
from rollcall.engine.clock import SystemClock
from rollcall.engine.installation import restoring, upgrading
from rollcall.engine.installation.backup import Progress, back_up
from rollcall.home import home


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--key-to", type=click.Path(path_type=Path), help="Write the key to this new file too."
)
@json_option
@command
def backup(folder: Path, key_to: Path | None, as_json: bool) -> None:
    """Back up the embedded database and all stored files into FOLDER, which must be new.

    Rollcall can go on running: the backup is the state of one moment. The key is not in it. Store
    the key elsewhere (--key-to): with both, credentials can be read.
    """
    if key_to is not None:
        readable_by_owner = os.open(key_to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(readable_by_owner, "wb") as file:
            file.write((home() / "key").read_bytes())
    with _bars() as progress:
        manifest = back_up(_embedded(), folder.absolute(), SystemClock(), progress)
    if as_json:
        print_json({"folder": str(folder), **manifest.model_dump()})
        return
    size = f"{manifest.files:,} files, {manifest.bytes:,} bytes"
    say(f"Backed up: the database and {size}, in {folder}")
    where = f"in {key_to}" if key_to else f"not in it: keep {home() / 'key'} elsewhere"
    say(f"The key is {where}.")


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The key the backup was made with; needed where this ROLLCALL_HOME has another.",
)
@json_option
@command
def restore(folder: Path, key: Path | None, as_json: bool) -> None:
    """Put the backup in FOLDER back into an empty ROLLCALL_HOME.

    Every sync is paused and nothing is mailed or sent until you resume it. A sync that sends reads
    first what its partner has.
    """
    manifest = restoring.manifest_of(folder)
    other_key = key.read_bytes() if key else None
    with _bars() as progress:
        missing = restoring.restore(_embedded(), folder, manifest, other_key, progress)
    upgrading.upgrade()  # in case it is the database of an earlier version
    if as_json:
        print_json({**manifest.model_dump(), "missing": missing})
        return
    say(f"Restored as it was at {manifest.made_at}: {manifest.files - len(missing):,} files.")
    for path in missing:
        say(f"  missing or damaged in the backup: {path}")
    say("Every sync is paused. Look around, then `rollcall resume SYNC`. A sync that sends reads")
    say("first what its partner has: run its Resynchronize as a test, then live.")


@click.command()
@command
def restored() -> None:
    """Make a database of your own fit to use after its own tools restored it (DATABASE_URL).

    Every sync is paused, nothing is mailed or sent until you resume it, and changes are numbered
    anew in the order of this database. `rollcall restore` does the same for the embedded one.
    """
    url = os.environ.get("DATABASE_URL") or wrong_usage(
        "`rollcall restore FOLDER` restores the embedded database."
    )
    files = restoring.settle(url)
    say(f"Every sync is paused. The database names {len(files):,} stored files.")


def _embedded() -> str:
    """The address of the embedded database; wrong usage where there is another one."""
    if os.environ.get("DATABASE_URL"):
        wrong_usage(
            "DATABASE_URL names a PostgreSQL server of your own: back it up with its own tools, "
            "and stored files and key beside it, as docs/how-to/backup.md says."
        )
    return database_url()


@contextmanager
def _bars() -> Iterator["Progress"]:
    """Bars on a terminal, one for each part."""
    with Bar(transient=True) as bars:
        parts: dict[str, TaskID] = {}

        def show(part: str, done: int, total: int) -> None:
            if part not in parts:
                parts[part] = bars.add_task(part)
            bars.update(parts[part], completed=done, total=total)

        yield show
