"""A list as a CSV file to download, its cells safe to open in a spreadsheet (promise 8)."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from django.http import StreamingHttpResponse

from rollcall.access.downloads import download
from rollcall.core.safe_cells import safe_cell


class _Line:
    """What the csv module writes a line to: it hands the line on."""

    def write(self, line: str) -> str:
        """The line."""
        return line


def csv_file(
    name: str, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """`rows` under `header` as a file `name`.csv, sent as they come; None is an empty cell."""
    return download(_lines(header, rows), f"{name}.csv", "text/csv; charset=utf-8")


def _lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff"  # without it spreadsheets take the file for Latin-1
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([safe_cell(one) if isinstance(one, str) else one for one in row])


def utc(moment: datetime | None) -> str:
    """A moment as CSV files say it, in UTC; nothing for none."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if moment else ""
