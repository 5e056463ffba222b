"""Files to download, for people and programs; the browser never shows them."""

from collections.abc import Iterable
from pathlib import Path

from django.http import FileResponse, StreamingHttpResponse

from rollcall.core.files.file_names import attachment


def download(
    content: Iterable[bytes] | Iterable[str], name: str, kind: str = "application/octet-stream"
) -> StreamingHttpResponse:
    """A file `name`, sent as it is made."""
    answer = StreamingHttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = attachment(name)
    return answer


def stored(path: Path, name: str, kind: str) -> FileResponse:
    """A file `name` that is there: the server sends it by itself, and nothing here waits."""
    answer = FileResponse(path.open("rb"), content_type=kind)
    answer["Content-Disposition"] = attachment(name)
    return answer
