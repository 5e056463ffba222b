"""A disk of a few megabytes: memory, mounted where only the processes begun with it see it."""

import subprocess
from pathlib import Path

import pytest

_MOUNT = 'mount -t tmpfs -o size="$1" tmpfs "$0" && shift 1 && exec "$@"'


def with_disk(folder: Path, megabytes: int) -> list[str]:
    """What to put before a command so that `folder` is a disk of that size for it."""
    return ["unshare", "-m", "sh", "-c", _MOUNT, str(folder), f"{megabytes}m"]


def needs_small_disks() -> pytest.MarkDecorator:
    """Skips where no such disk can be made."""
    can = subprocess.run(
        [*with_disk(Path("/mnt"), 1), "true"], capture_output=True, check=False
    ).returncode
    return pytest.mark.skipif(can != 0, reason="only root can mount a disk of its own")


def seen_by(pid: int, folder: Path) -> Path:
    """That folder as a process sees it."""
    return Path(f"/proc/{pid}/root") / folder.relative_to("/")
