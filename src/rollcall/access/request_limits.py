"""How large a request may be, who may send files along, and what is said of one that is refused.

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
from django.http import HttpRequest

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.core.settings.limits import told_size
from rollcall.engine.runs.uploads import TOO_LARGE
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
    """The files of a request are larger than they may be; a failure that Django knows as well."""

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
        """Judge what the request says."""
        self._most, self._come = limits().upload_bytes, 0
        if content_length > self._most + BESIDE:
            raise UploadTooLarge(self._most)

    def new_file(self, field_name: str, *args: Any, **how: Any) -> None:
        """A file begins."""
        super().new_file(field_name, *args, **how)
        if self.request is None or not _is_known(self.request):
            raise PermissionDenied
        if not field_name:
            raise BadRequest("a file without the name of a field")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Count, and hand on."""
        self._come += len(raw_data)
        if self._come > self._most:
            self._let_go()
            raise UploadTooLarge(self._most)
        return raw_data

    def _let_go(self) -> None:
        """Take away what came of the file on its way; Django does so with those that came whole."""
        for handler in self.request.upload_handlers if self.request else ():
            if (file := getattr(handler, "file", None)) is not None:
                file.close()

    def file_complete(self, file_size: int) -> None:
        """The next handler keeps the file."""


def _is_known(request: HttpRequest) -> bool:
    """Whether a person is signed in, or a program has shown a good token."""
    return bool(getattr(request, "auth", None)) or request.user.is_authenticated
