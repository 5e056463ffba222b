"""Where Rollcall keeps its state on this machine: ROLLCALL_HOME."""

import os
from pathlib import Path


def home() -> Path:
    """The state folder: $ROLLCALL_HOME, else `rollcall` in the user's data folder; made, 0700."""
    chosen = os.environ.get("ROLLCALL_HOME")
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    path = Path(chosen) if chosen else Path(data) / "rollcall"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path.resolve()


def artifacts() -> Path:
    """The folder of stored run files: $ROLLCALL_ARTIFACTS (shared by all workers), else in home."""
    path = Path(os.environ.get("ROLLCALL_ARTIFACTS") or home() / "artifacts")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path.resolve()
