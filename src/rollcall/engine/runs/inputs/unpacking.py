"""A bundle unpacked into a run's inputs, as a part of fetching them.

What a zip says of itself is judged before (`core.files.bundles`); what comes out is counted while
it comes, so that one that lies is stopped where an honest one is refused.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from stat import S_ISLNK

from pydantic import BaseModel

from rollcall.core.files.bundles import (
    DAMAGED,
    NESTED,
    TOO_MANY,
    Member,
    chosen,
    known_names,
    most_of,
    too_large,
)
from rollcall.core.files.file_names import shown_name
from rollcall.core.integration import Integration
from rollcall.core.problems import Problem
from rollcall.core.settings.limits import Limits, told_size
from rollcall.engine import artifacts
from rollcall.engine.models import Artifact, Run
from rollcall.engine.runs.inputs import upload_room
from rollcall.engine.runs.inputs.uploads import INPUT_TWICE
from rollcall.engine.settings.installation_settings import limits

#: The longest list of its files that is read of a zip, bytes.
_LONGEST_LIST = 8 << 20
_ENCRYPTED = 0x1
_UNSOUND = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,  # also of a name that is not in the encoding it says
)


def unpack(
    run: Run, integration: Integration, settings: BaseModel, bundle: Artifact
) -> dict[str, Artifact]:
    """The files of a run's bundle as its inputs. What is unpacked already is not unpacked again.

    Problem for a zip that is not in order, or too large; nothing of it is kept then.
    """
    try:
        return _unpacked(run, bundle, known_names(integration, settings), limits())
    except Problem:
        for artifact in run.artifacts.filter(kind="input", source__has_key="bundle"):
            artifacts.discard(artifact)
        raise


def _unpacked(
    run: Run, bundle: Artifact, input_names: Mapping[str, str], limits: Limits
) -> dict[str, Artifact]:
    stored = {artifact.name: artifact for artifact in run.artifacts.filter(kind="input")}
    with (
        _Frugal(artifacts.checked_path(bundle)) as file,
        _sound()(zipfile.ZipFile)(file) as archive,
    ):
        listed = {_member(info): info for info in archive.infolist()}
        members = [_member(info) for info in archive.infolist()]
        files = chosen(members, archive.start_dir, input_names, limits)
        # The files that are not unpacked yet. Problem for an input that was given by itself too.
        twice = [
            input for input in files if input in stored and "bundle" not in stored[input].source
        ]
        if twice:
            raise Problem(INPUT_TWICE, f"{', '.join(twice)}: by itself and in the zip")
        waiting = {input: member for input, member in files.items() if input not in stored}
        upload_room.check(run.district_id, sum(member.size for member in waiting.values()))
        for input, member in waiting.items():
            content = _counted(archive, listed[member], member, limits)
            source = {"upload": shown_name(member.name), "bundle": bundle.source["upload"]}
            stored[input] = artifacts.store(run, "input", input, content, source)
    return {input: stored[input] for input in files}


def _member(info: zipfile.ZipInfo) -> Member:
    return Member(
        name=info.orig_filename,
        packed=info.compress_size,
        size=info.file_size,
        offset=info.header_offset,
        method=info.compress_type,
        encrypted=bool(info.flag_bits & _ENCRYPTED),
        link=S_ISLNK(info.external_attr >> 16),
    )


def _counted(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, member: Member, limits: Limits
) -> Iterator[bytes]:
    """The bytes of a file of a zip; Problem when there are too many, or other than it said."""
    count, most = 0, most_of(member, limits)
    with _sound()(archive.open)(info) as file:
        read = _sound()(file.read)
        while block := read(artifacts.BLOCK):
            if not count and block.startswith(b"PK\x03\x04"):
                raise Problem(NESTED, shown_name(member.name))
            count += len(block)
            if count > most:
                raise too_large(member, limits, f"more than {told_size(most)}")
            yield block
    if count != member.size:
        raise Problem(DAMAGED, f"{shown_name(member.name)} is shorter than it says")


class _Frugal(io.FileIO):
    """A file of which no more is read at once than a zip's list of its files may be long."""

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes; Problem for more than that."""
        if size is not None and size > _LONGEST_LIST:
            raise Problem(TOO_MANY, f"the list of them alone has {told_size(size)}")
        everything = size is None or size < 0
        return super().read(_LONGEST_LIST if everything else size) or b""


@contextmanager
def _sound() -> Iterator[None]:
    """Say of whatever the zip's reader stumbles over that the zip is damaged: within, or in a call
    of the function this decorates.
    """
    try:
        yield
    except _UNSOUND as error:
        raise Problem(DAMAGED, type(error).__name__) from None
