"""Records as a CSV file: what `rollcall records export` writes. Pure."""

import io

import polars as pl


def record_file(frame: pl.DataFrame, columns: tuple[str, ...]) -> bytes:
    """Records as a CSV file with these columns; others of `frame` are left out.

    UTF-8, header, LF, ISO dates, no value = empty. Ids and codes are text and every text is quoted.
    A line break inside a value would end its row when the file is read (a row is a line), so it
    becomes a blank. The same records give the same bytes.
    """
    buffer = io.BytesIO()
    one_line = pl.col(pl.String).str.replace_all(r"[\r\n]+", " ")
    rows = frame.select(columns).with_columns(one_line).sort(columns)
    rows.write_csv(buffer, quote_style="non_numeric")
    return buffer.getvalue()
