"""A district's records as the files they are loaded from. Pure."""

import io
from collections.abc import Mapping

import polars as pl

from rollcall.integrations.roster.layout import (
    CALENDARS,
    ENROLLMENTS,
    OWN_DEMOGRAPHICS,
    PROGRAMS,
    SCHOOLS,
    students,
)

#: The files and their columns in order, by the name of the frame. All columns are always written.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    **{
        layout.name: layout.columns
        for layout in (SCHOOLS, students(0), ENROLLMENTS, CALENDARS, PROGRAMS)
    },
    "demographics": OWN_DEMOGRAPHICS,
}


def export_files(frames: Mapping[str, pl.DataFrame]) -> dict[str, bytes]:
    """Each frame as a record file: file name -> bytes. Loading the files changes nothing.

    `frames`: any of those of COLUMNS, with their columns (more are ignored). UTF-8, header, LF,
    ISO dates, no value = empty. Ids and codes are text and every text is quoted. KeyError for
    another frame. A line break inside a value would end its row when the file is read (a row is a
    line), so it becomes a blank.
    """
    files = {}
    for name, frame in frames.items():
        columns, buffer = COLUMNS[name], io.BytesIO()
        one_line = pl.col(pl.String).str.replace_all(r"[\r\n]+", " ")
        # In a fixed order, so that the same records give the same bytes.
        rows = frame.select(columns).with_columns(one_line).sort(columns)
        rows.write_csv(buffer, quote_style="non_numeric")
        files[f"{name}.csv"] = buffer.getvalue()
    return files
