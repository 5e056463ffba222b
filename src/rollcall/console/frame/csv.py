"""A list as a CSV file to download, its cells safe to open in a spreadsheet (promise 8)."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import StreamingHttpResponse

from rollcall.access.downloads import download
from rollcall.console.frame.visit import Visit
from rollcall.core.files.safe_cells import safe_cell


class _Line:
    """What the csv module writes a line to: it hands the line on."""

    def write(self, line: str) -> str:
        """The line."""
        return line


def csv_file(
    visit: Visit, name: str, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """`rows` under `header` as a file `name`.csv, sent as they come. None is an empty cell; a
    moment is told as clocks in the district show it.
    """
    lines = _lines(ZoneInfo(visit.district.timezone), header, rows)
    return download(lines, f"{name}.csv", "text/csv; charset=utf-8")


def _lines(
    zone: ZoneInfo, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff"  # without it spreadsheets take the file for Latin-1
    yield writer.writerow([safe_cell(one) for one in header])
    for row in rows:
        yield writer.writerow([_cell(one, zone) for one in row])


def _cell(value: object, zone: ZoneInfo) -> object:
    match value:
        case str():
            return safe_cell(value)
        case datetime():
            return value.astimezone(zone).isoformat(timespec="seconds")
        case _:
            return value
