"""What stops the reading of a file as a whole."""

import polars as pl

from rollcall.core.files.quoting import SOURCE_ADMIN
from rollcall.core.findings import Codes, Severity, finding
from rollcall.core.problems import Problem

EMPTY = Codes.add(
    "file.empty",
    Severity.ERROR,
    "The file has no records.",
    "Export the file again and check that it has records before it is sent.",
    SOURCE_ADMIN,
)
HEADER = Codes.add(
    "file.header",
    Severity.ERROR,
    "The file's header row does not name the expected fields.",
    "Correct the names in the header row, or choose the layout that fits this file.",
    SOURCE_ADMIN,
)
DELIMITER = Codes.add(
    "file.delimiter",
    Severity.ERROR,
    "The file's values are not separated by commas.",
    "Export the file with commas between the values (CSV).",
    SOURCE_ADMIN,
)
NOT_TEXT = Codes.add(
    "file.not_text",
    Severity.ERROR,
    "The file is not a CSV text file.",
    "Save it as CSV, in UTF-8, and send that file.",
    SOURCE_ADMIN,
)
ENDLESS = Codes.add(
    "file.endless_line",
    Severity.ERROR,
    "A line of the file is too long to be a record.",
    "Export the file again, with a line end behind each record.",
    SOURCE_ADMIN,
)
GIVEN_UP = Codes.add(
    "file.given_up",
    Severity.ERROR,
    "Not one of the first lines of the file can be read, so reading it was given up.",
    "Look at the line named: a quotation mark that is never closed, or a wrong number of columns, "
    "is often the same in all lines. Check that this is the right file and that the configured "
    "layout fits it.",
    SOURCE_ADMIN,
)
UNREADABLE = Codes.add(
    "file.unreadable",
    Severity.ERROR,
    "Not one record of the file can be read.",
    "Check that this is the right file, and that the configured layout fits it.",
    SOURCE_ADMIN,
)


class UnreadableInput(Problem):
    """The file as a whole cannot be read: the run stops. `findings` says why, as a frame, and at
    which `line`, if any.
    """

    def __init__(
        self, code: str, detail: str = "", *, input: str = "", line: int | None = None
    ) -> None:
        super().__init__(code, detail)
        self.findings: pl.DataFrame = finding(code, input=input, line=line, detail=detail)
