"""Uploaded files as files on disk under the names they came with, for as long as a run is begun."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from rollcall.engine.loading import bundle
from rollcall.engine.models import Sync

#: The name of the field for a zip with the files of several inputs.
BUNDLE = "bundle"


@contextmanager
def received(sync: Sync, files: Mapping[str, "UploadedFile[Any]"]) -> Iterator[dict[str, Path]]:
    """The uploaded files by input name. One under BUNDLE is a zip, opened by the names its files
    have at the connection: Problem when there is none of them in it.
    """
    with tempfile.TemporaryDirectory(prefix="rollcall-upload-") as folder, ExitStack() as open_zip:
        paths = {name: _kept(Path(folder), name, file) for name, file in files.items()}
        if zipped := paths.pop(BUNDLE, None):
            paths |= open_zip.enter_context(bundle(zipped, sync))
        yield paths


def _kept(folder: Path, name: str, file: "UploadedFile[Any]") -> Path:
    place = folder / name / Path(file.name or "upload").name
    place.parent.mkdir()
    with place.open("wb") as target:
        for block in file.chunks():
            target.write(block)
    return place
