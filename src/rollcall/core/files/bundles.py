"""Zips with the files of several inputs: what may be in one, and which of its files are read.

A zip says much of itself that need not be so. What it says is judged here, before anything of it is
unpacked; what it turns out to be is counted while it is unpacked (`engine.runs.inputs.unpacking`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rollcall.core.files.file_names import shown_name
from rollcall.core.findings import Codes, Severity
from rollcall.core.integration import Integration
from rollcall.core.problems import Problem
from rollcall.core.settings.limits import SMALL, Limits, told_size

_MAKER = "the person who put the files together"
#: What stands before each file in a zip, its name not counted, bytes.
_HEADER = 30
#: Stored and deflated: what every program writes. Others need memory that the zip itself asks for.
_METHODS = (0, 8)


def _add(code: str, text: str, what_to_do: str) -> str:
    return Codes.add(code, Severity.ERROR, text, what_to_do, _MAKER)


NO_FILES = _add(
    "bundle.no_files",
    "None of the files that this sync reads is there",
    "Put the files into the folder or zip under the names listed, or change the names in the "
    "sync's settings.",
)
TWICE = _add(
    "bundle.twice",
    "A folder or zip has two files for one input",
    "Take one of them out.",
)
TOO_LARGE = _add(
    "bundle.too_large",
    "The zip unpacks to more than this installation takes",
    "Give the files by themselves, or ask whoever runs the server about `limits.unpacked_mib` and "
    "`limits.zip_ratio`.",
)
TOO_MANY = _add(
    "bundle.too_many",
    "The zip has more files than this installation takes",
    "Put only the files to be read into it.",
)
DAMAGED = _add(
    "bundle.damaged",
    "The zip is damaged, so nothing of it was read",
    "Make the zip again, and send it again if it was cut off on the way.",
)
ENCRYPTED = _add(
    "bundle.encrypted",
    "A file in the zip is encrypted",
    "Make the zip without a password.",
)
UNSUPPORTED = _add(
    "bundle.unsupported",
    "A file in the zip is packed in a way that is not read here",
    "Make the zip with the usual method (Deflate).",
)
NESTED = _add(
    "bundle.nested",
    "There is a zip in the zip",
    "Put the files themselves into one zip.",
)
UNSAFE_NAME = _add(
    "bundle.unsafe_name",
    "A file in the zip is a link, or its name leads out of the zip, so nothing of it was read",
    "Make the zip again from plain files.",
)


@dataclass(frozen=True)
class Member:
    """What a zip says of one of its files: `packed` and `size` in bytes, `offset` where it begins,
    `method` by its number.
    """

    name: str
    packed: int
    size: int
    offset: int
    method: int = 8
    encrypted: bool = False
    link: bool = False

    @property
    def folder(self) -> bool:
        """Whether it is a folder and no file."""
        return self.name.endswith("/") and not self.size


def known_names(integration: Integration, settings: Any) -> dict[str, str]:
    """The names under which a folder or zip has a sync's files, in lower case, to their inputs."""
    return {
        filename.lower(): input.name
        for input in integration.inputs
        for filename in input.filenames(settings)
    }


def by_input(names: Iterable[str], input_names: Mapping[str, str]) -> dict[str, str]:
    """Of all names those of files to read, by input; in folders too. Problem: none, or two for one
    input.
    """
    members: dict[str, str] = {}
    for name in names:
        input = input_names.get(name.replace("\\", "/").rpartition("/")[2].lower())
        if input is not None and members.setdefault(input, name) != name:
            raise Problem(TWICE, input)
    if not members:
        raise Problem(NO_FILES, f"known names: {', '.join(sorted(input_names))}")
    return members


def chosen(
    members: Sequence[Member], end: int, input_names: Mapping[str, str], limits: Limits
) -> dict[str, Member]:
    """The files of a zip that are read, by input. Problem when any of its files is not in order.

    `end`: where the zip's list of its files begins, behind all of them.
    """
    files = [member for member in members if not member.folder]
    if len(files) > limits.zip_members:
        raise Problem(TOO_MANY, f"{len(files):,}; at most {limits.zip_members:,}")
    for member in members:
        _check(member)
    _refuse_overlaps(members, end)
    total = sum(member.size for member in files)
    if total > limits.unpacked_bytes:
        most = told_size(limits.unpacked_bytes)
        raise Problem(TOO_LARGE, f"{told_size(total)} unpacked; at most {most}")
    for member in files:
        if member.size > most_of(member, limits):
            raise too_large(member, limits, told_size(member.size))
    names = by_input((member.name for member in files), input_names)
    taken = {member.name: member for member in files}
    if len(taken) < len(files):
        raise Problem(TWICE, "two of its files have the same name")
    return {input: taken[name] for input, name in names.items()}


def _check(member: Member) -> None:
    shown = shown_name(member.name)
    # A plain name is folders and a file below where it is unpacked.
    parts = member.name.replace("\\", "/").split("/")
    leads_out = parts[0] == "" or parts[0][1:2] == ":" or ".." in parts or "\0" in member.name
    if member.link or leads_out:
        raise Problem(UNSAFE_NAME, shown)
    if member.encrypted:
        raise Problem(ENCRYPTED, shown)
    if member.method not in _METHODS:
        raise Problem(UNSUPPORTED, f"{shown}, method {member.method}")
    if member.name.lower().endswith(".zip"):
        raise Problem(NESTED, shown)


def _refuse_overlaps(members: Sequence[Member], end: int) -> None:
    """No two files of an honest zip share bytes; a small zip that unpacks to much does so."""
    starts = sorted(
        (member.offset, member.offset + _HEADER + len(member.name) + member.packed)
        for member in members
    )
    if starts and (starts[0][0] < 0 or starts[-1][1] > end):
        raise Problem(DAMAGED, "it is shorter than it says")
    if any(stop > start for (_, stop), (start, _) in pairwise(starts)):
        raise Problem(DAMAGED, "files in it overlap")


def most_of(member: Member, limits: Limits) -> int:
    """How large a file of a zip may be unpacked, bytes."""
    return min(limits.unpacked_bytes, max(SMALL, member.packed * limits.zip_ratio))


def too_large(member: Member, limits: Limits, size: str) -> Problem:
    """What is said of a file that is larger than `most_of` it."""
    ratio = f"at most {limits.zip_ratio:,} times its {told_size(member.packed)} in the zip"
    return Problem(TOO_LARGE, f"{shown_name(member.name)}: {size} unpacked; {ratio}")
