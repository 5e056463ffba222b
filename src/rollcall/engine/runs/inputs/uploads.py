"""Files that people and programs hand in: what they may be called, how large they may be, and what
is kept of them. Their names are data (core.files.file_names); where they are stored is ours to say.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict

from rollcall.core.files.file_names import shown_name
from rollcall.core.findings import Codes, Severity
from rollcall.core.integration import Integration
from rollcall.core.problems import Problem, words
from rollcall.core.settings.limits import told_size
from rollcall.engine import artifacts
from rollcall.engine.models import Run
from rollcall.engine.runs.inputs import upload_room
from rollcall.engine.settings.installation_settings import limits

#: The name of the field for a zip with the files of several inputs, and of what is stored of it.
BUNDLE = "bundle"
#: What a zip begins with: a file, or the end of one that is empty.
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")

#: A file that is handed in: on this machine's disk, or with a request.
Upload = Path | UploadedFile  # type: ignore[type-arg]  # Django's is generic for type checkers only

INPUT_UNKNOWN = Codes.add(
    "input.unknown",
    Severity.ERROR,
    "This integration has no input of that name",
    "Use one of the names listed.",
    "the person who started the run",
)
INPUT_TWICE = Codes.add(
    "input.twice",
    Severity.ERROR,
    "Two files were given for one input",
    "Give each input one file.",
    "the person who started the run",
)
INPUT_UNREADABLE = Codes.add(
    "input.unreadable",
    Severity.ERROR,
    "A given file cannot be opened",
    "Check the path and that you can read it.",
    "the person who started the run",
)
TOO_LARGE = Codes.add(
    "upload.too_large",
    Severity.ERROR,
    "The files are larger than this installation takes",
    "Send fewer files at a time, or ask whoever runs the server to raise `limits.upload_mib`.",
    "the person who sent the files",
)
NOT_A_ZIP = Codes.add(
    "bundle.not_a_zip",
    Severity.ERROR,
    "The file is not a zip",
    "Choose a zip with the files in it, or give each file by itself.",
    "the person who started the run",
)


@dataclass(frozen=True)
class _Handed:
    """What is known of a file before it is read whole: its name, as data, and its size."""

    name: str
    size: int


def by_input(files: "MultiValueDict[str, Any]") -> dict[str, Upload]:
    """The files of a request by input name. Problem when an input was sent twice."""
    for name, sent in files.lists():
        if len(sent) > 1:
            raise Problem(INPUT_TWICE, words(name))
    return {name: file for name, file in files.items() if isinstance(file, UploadedFile)}


def by_current_name(integration: Integration, uploads: Mapping[str, Upload]) -> dict[str, Upload]:
    """The files by what their inputs are called today. Problem when one comes by two names."""
    renamed = {old: input.name for input in integration.inputs for old in input.former_names}
    files: dict[str, Upload] = {}
    for name, upload in uploads.items():
        if files.setdefault(renamed.get(name, name), upload) is not upload:
            raise Problem(INPUT_TWICE, words(name))
    return files


def check(integration: Integration, uploads: Mapping[str, Upload]) -> None:
    """Problem when a file is of no input, cannot be read or is no zip, or all are too large.

    Nothing is written: what is refused here leaves nothing behind.
    """
    names = [input.name for input in integration.inputs]
    for name in uploads:
        if name not in (*names, BUNDLE) or not names:
            raise Problem(INPUT_UNKNOWN, f"{words(name)}; there are {', '.join(names) or 'none'}")
    total, most = sum(_handed(upload).size for upload in uploads.values()), limits()
    if total > most.upload_bytes:
        raise Problem(
            TOO_LARGE, f"{told_size(total)}; at most {told_size(most.upload_bytes)} together"
        )
    if (zipped := uploads.get(BUNDLE)) is not None and not next(
        iter(_blocks(zipped)), b""
    ).startswith(_ZIP):
        raise Problem(NOT_A_ZIP, _handed(zipped).name)


def store(run: Run, uploads: Mapping[str, Upload]) -> None:
    """Keep checked files with the run; a bundle as it came, for the run to unpack. All or none."""
    upload_room.check(run.district_id, sum(_handed(upload).size for upload in uploads.values()))
    try:
        for name, upload in uploads.items():
            kind = "bundle" if name == BUNDLE else "input"
            artifacts.store(run, kind, name, _blocks(upload), {"upload": _handed(upload).name})
    except OSError as error:
        artifacts.forget(run)
        raise Problem(INPUT_UNREADABLE, error.strerror or "") from None
    except BaseException:
        artifacts.forget(run)
        raise


def _handed(upload: Upload) -> _Handed:
    if not isinstance(upload, Path):
        return _Handed(shown_name(upload.name or "", otherwise="upload"), upload.size or 0)
    try:
        with upload.open("rb") as file:
            return _Handed(shown_name(upload.name), file.seek(0, 2))
    except OSError as error:
        raise Problem(INPUT_UNREADABLE, f"{upload}: {error.strerror}") from None


def _blocks(upload: Upload) -> Iterable[bytes]:
    """The file's bytes from its beginning."""
    return artifacts.blocks(upload) if isinstance(upload, Path) else upload.chunks(artifacts.BLOCK)
