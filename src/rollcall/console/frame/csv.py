"""A list as a CSV file to download, its cells safe to open in a spreadsheet (promise 8)."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

from django.http import StreamingHttpResponse

from rollcall.access.downloads import download
from rollcall.console.frame.visit import Visit
from rollcall.core.files.safe_cells import safe_cell


class _Echo:
    """A file for the csv module whose `write` gives the line back."""

    def write(self, line: str) -> str:
        """The line."""
        return line


def csv_file(
    visit: Visit, name: str, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """`rows` under `header` as a file `name`.csv, sent as they come. None is an empty cell; times
    are in the district's time zone.
    """
    zone = ZoneInfo(visit.district.timezone)

    def cell(value: object) -> object:
        if isinstance(value, datetime):
            return value.astimezone(zone).isoformat(timespec="seconds")
        return safe_cell(value) if isinstance(value, str) else value

    def lines() -> Iterator[str]:
        writer = csv.writer(_Echo())
        yield "\ufeff"  # without it spreadsheets take the file for Latin-1
        for row in chain([header], rows):
            yield writer.writerow([cell(value) for value in row])

    return download(lines(), f"{name}.csv", "text/csv; charset=utf-8")
