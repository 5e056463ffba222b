"""Where Rollcall keeps its state on this machine: ROLLCALL_HOME."""

import os
from pathlib import Path


class NoHome(Exception):
    """A folder that whoever runs the server named cannot be used, in a sentence."""

    def __init__(self, variable: str, path: str | Path, why: str) -> None:
        super().__init__(f"{variable} is {path}, {why}.")


def home() -> Path:
    """The state folder: $ROLLCALL_HOME, else `rollcall` in the user's data folder; made, 0700.
    NoHome when it is none.
    """
    if chosen := os.environ.get("ROLLCALL_HOME"):
        return _made("ROLLCALL_HOME", Path(chosen))
    if data := os.environ.get("XDG_DATA_HOME"):
        return _made("XDG_DATA_HOME", Path(data) / "rollcall")
    return _made("ROLLCALL_HOME", Path.home() / ".local" / "share" / "rollcall")


def artifacts() -> Path:
    """The folder of stored run files: $ROLLCALL_ARTIFACTS (shared by all workers), else in home."""
    if chosen := os.environ.get("ROLLCALL_ARTIFACTS"):
        return _made("ROLLCALL_ARTIFACTS", Path(chosen))
    return _made("ROLLCALL_HOME", home() / "artifacts")


def check() -> None:
    """NoHome when nothing can be kept in the state folder, or the other one is none."""
    if not os.access(home(), os.R_OK | os.W_OK | os.X_OK):
        raise NoHome("ROLLCALL_HOME", home(), "where this account cannot write")
    artifacts()


def _made(variable: str, path: Path) -> Path:
    """The folder, made where it is missing. A service has another working folder than a person's
    shell, and no `~`: each would find another state.
    """
    if not path.is_absolute():
        raise NoHome(variable, path, "which is not the full path of a folder: it begins with /")
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise NoHome(variable, path, "which is, or lies in, a file") from None
    except OSError as error:
        why = f"which cannot be made ({error.strerror})"
        raise NoHome(variable, path, why) from None
    return path.resolve()
