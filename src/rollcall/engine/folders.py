"""Paths below folders of ours: the one place where a name becomes a part of a path."""

from pathlib import Path

from rollcall.core.files.file_names import is_plain
from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem, words

NAME_REFUSED = Codes.add(
    "file.name_unsafe",
    Severity.ERROR,
    "This is not a file's name but a path, or a name no disk can have, so nothing was read or "
    "written",
    "Give the file a plain name.",
    "the person who named the file",
)


def below(folder: Path, *names: str) -> Path:
    """The path of a file in `folder`, or in folders in it; Problem for a name that is not plain."""
    for name in names:
        if not is_plain(name):
            raise Problem(NAME_REFUSED, words(repr(name)))
    return folder.joinpath(*names)
