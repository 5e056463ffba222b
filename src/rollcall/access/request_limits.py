"""How large a request can be, who can send files with it, and what is wrong with a refused one.

Files count while they come (`Counting`, an upload handler of Django's), everything else by Django's
own settings. A body is never unpacked: what is sent compressed is no form and no JSON.
"""

from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.core.files.uploadhandler import FileUploadHandler

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.core.settings.limits import told_size
from rollcall.engine.runs.inputs.uploads import TOO_LARGE
from rollcall.engine.settings.installation_settings import limits

#: What a form with files has beside them: its fields, and what stands between them.
BESIDE = 1 << 20
_SENDER = "the person who sent it"

REQUEST_TOO_LARGE = Codes.add(
    "request.too_large",
    Severity.ERROR,
    "The request is larger than a form without files can be",
    "Send less at a time; send files as files.",
    _SENDER,
)
REQUEST_TOO_MANY = Codes.add(
    "request.too_many",
    Severity.ERROR,
    "The form has more fields or files than one can have",
    "Send fewer at a time.",
    _SENDER,
)
#: The codes that are answered with 413.
ENTITY_TOO_LARGE = (TOO_LARGE, REQUEST_TOO_LARGE, REQUEST_TOO_MANY)


class UploadTooLarge(Problem, RequestDataTooBig):
    """The files of a request are larger than they can be; a failure that Django knows as well."""

    def __init__(self, most: int) -> None:
        super().__init__(TOO_LARGE, f"at most {told_size(most)} together")


def as_problem(error: BaseException | None) -> Problem | None:
    """What is wrong with a request that was too large for us; None when it is something else."""
    match error:
        case Problem():
            return error
        case RequestDataTooBig():
            return Problem(REQUEST_TOO_LARGE)
        case TooManyFieldsSent() | TooManyFilesSent():
            return Problem(REQUEST_TOO_MANY)
        case _:
            return None


class Counting(FileUploadHandler):
    """Counts the bytes of all files of a request: UploadTooLarge when there are too many, by what
    the request says before it is read, or else when they have come. PermissionDenied when nobody is
    signed in: a stranger's files are not even kept until the page has refused them. BadRequest for
    a file in no field, which would be lost.
    """

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        """Refuse a request that says it is too large."""
        self._most, self._come = limits().upload_bytes, 0
        if content_length > self._most + BESIDE:
            raise UploadTooLarge(self._most)

    def new_file(self, field_name: str, *args: Any, **how: Any) -> None:
        """A file begins."""
        super().new_file(field_name, *args, **how)
        request = self.request
        # A person is signed in, or a program has shown a good token.
        if request is None or not (getattr(request, "auth", None) or request.user.is_authenticated):
            raise PermissionDenied
        if not field_name:
            raise BadRequest("a file without the name of a field")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Count, and pass it on."""
        self._come += len(raw_data)
        if self._come > self._most:
            # Django removes the files that are complete; this removes the one that is coming.
            for handler in self.request.upload_handlers if self.request else ():
                if (file := getattr(handler, "file", None)) is not None:
                    file.close()
            raise UploadTooLarge(self._most)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler keeps the file."""
