"""Stored files of a run, each with its SHA-256, below the folder of artifacts."""

import filecmp
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.db import transaction

from rollcall import home
from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.engine.folders import below
from rollcall.engine.installation import disk_room
from rollcall.engine.models import Artifact, Run
from rollcall.engine.runs import fencing

BLOCK = 1 << 20
#: What runs read. The same comes again: forced, tested first, or handed in twice.
_READ = ("bundle", "input")

ARTIFACT_DAMAGED = Codes.add(
    "artifact.damaged",
    Severity.ERROR,
    "A stored file of this run is missing or was changed since it was stored",
    "Restore the artifacts folder from its backup, or run the sync again.",
    "the person who runs the server",
)


ARTIFACT_REMOVED = Codes.add(
    "artifact.removed",
    Severity.ERROR,
    "This stored file was removed because of its age",
    "Nothing; the run's numbers and findings are kept. How long files are kept is a setting of the "
    "district.",
    "an administrator of the district",
)


def path_of(artifact: Artifact) -> Path:
    """Where an artifact's bytes are."""
    return below(home.artifacts(), *artifact.path.split("/"))


def blocks(path: Path) -> Iterator[bytes]:
    """A file's bytes in blocks."""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def store(
    run: Run, kind: str, name: str, content: Iterable[bytes], source: dict[str, Any] | None = None
) -> Artifact:
    """Store a file of a run; written whole or not at all, replacing one of the same name.

    `kind` and `name` are ours and become the file's path; what it was called belongs in `source`.
    Superseded when another process carries the run out now; Problem when the disk is full.
    """
    place = (*_folder(run), kind, name)
    target = below(home.artifacts(), *place)
    draft = below(target.parent, f".{name}.{os.getpid()}")
    try:
        with disk_room.named():
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            sha256, size = _written(draft, content)
            if kind in _READ:
                _share(run, draft, sha256)
        with transaction.atomic():
            fencing.hold(run)
            draft.replace(target)
            artifact, _ = Artifact.objects.update_or_create(
                run=run,
                kind=kind,
                name=name,
                defaults={
                    "path": "/".join(place),
                    "sha256": sha256,
                    "size": size,
                    "source": source or {},
                    "removed_at": None,
                },
            )
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return artifact


def _folder(run: Run) -> tuple[str, str]:
    """The folders in which a run's files are."""
    return str(run.sync_id), str(run.pk)


def _share(run: Run, draft: Path, sha256: str) -> None:
    """Let a draft be one file on the disk with what another run of the district read, if that had
    the same bytes: by a hard link, so that the file goes with the last that has it.
    """
    alike = Artifact.objects.filter(run__district=run.district_id, kind__in=_READ, sha256=sha256)
    if (same_file := alike.filter(removed_at=None).exclude(run=run).first()) is None:
        return
    linked = draft.with_name(f"{draft.name}.linked")
    with suppress(OSError):  # it is gone, or the disk knows no links
        if filecmp.cmp(path_of(same_file), draft, shallow=False):
            os.link(path_of(same_file), linked)
            linked.replace(draft)


def _written(path: Path, content: Iterable[bytes]) -> tuple[str, int]:
    """Write a file; its SHA-256 and its size."""
    hashed, size = hashlib.sha256(), 0
    # A block is hashed on one core while it is written on another.
    with path.open("wb") as file, ThreadPoolExecutor(1) as beside:
        for block in content:
            hashing = beside.submit(hashed.update, block)
            file.write(block)
            size += len(block)
            hashing.result()
    return hashed.hexdigest(), size


def remove_drafts(run: Run) -> None:
    """Take away what processes that died had half written of a run's files."""
    for draft in below(home.artifacts(), *_folder(run)).glob("*/.*"):
        draft.unlink(missing_ok=True)


def input_size(run: Run) -> int:
    """How many bytes of input a run has."""
    return sum(artifact.size for artifact in run.artifacts.filter(kind="input"))


def forget(run: Run) -> None:
    """Take all files of a run away that was not begun after all; the database forgets it itself."""
    shutil.rmtree(below(home.artifacts(), *_folder(run)), ignore_errors=True)


def discard(artifact: Artifact) -> None:
    """Forget an artifact and its file, as if it had not been stored."""
    artifact.delete()
    unlink(artifact)


def find(run: Run, kind: str, name: str) -> Artifact | None:
    """An artifact of a run, None when there is none or its file was removed."""
    artifact = _of(run, kind, name)
    return None if artifact is None or artifact.removed_at is not None else artifact


def wanted(run: Run, kind: str, name: str) -> Artifact:
    """An artifact of a run; Problem when there is none."""
    artifact = _of(run, kind, name)
    if artifact is None:
        raise Problem(ARTIFACT_DAMAGED, name)
    return artifact


def _of(run: Run, kind: str, name: str) -> Artifact | None:
    """Among all of the run, which are few: who asks for many has them prefetched."""
    return next(
        (
            artifact
            for artifact in run.artifacts.all()
            if (artifact.kind, artifact.name) == (kind, name)
        ),
        None,
    )


def unlink(artifact: Artifact) -> None:
    """Take an artifact's file away, and its folders when they are empty; its row is not touched."""
    path = path_of(artifact)
    path.unlink(missing_ok=True)
    for folder in (path.parent, path.parent.parent):
        with suppress(OSError):  # it holds other files, or is gone
            folder.rmdir()


def checked_path(artifact: Artifact) -> Path:
    """The path of an artifact whose bytes are what they were; Problem otherwise."""
    path = path_of(artifact)
    if artifact.removed_at is not None:
        raise Problem(ARTIFACT_REMOVED, f"{artifact.name}, on {artifact.removed_at:%Y-%m-%d}")
    if not path.is_file() or path.stat().st_size != artifact.size:
        raise Problem(ARTIFACT_DAMAGED, artifact.name)
    return path
