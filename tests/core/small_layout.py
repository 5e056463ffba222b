"""A small layout like Table A, and short ways to read a text by it."""

from collections.abc import Iterable
from typing import Any

from rollcall.core.files.layouts import (
    Field,
    Kind,
    Layout,
    ReadOptions,
)
from rollcall.core.files.read import read_table
from rollcall.core.files.tables import Table

SMALL = Layout(
    "small",
    "Small Table A",
    (
        Field("REPT_DATE", "rept_date", Kind.DATE),
        Field("LAST_NAME", "last_name", Kind.TEXT, width=15, cut=True),
        Field("SSID", "ssid", Kind.DIGITS, width=10),
        Field("GENDER", "gender", Kind.CODE, codes=("F", "M")),
        Field("FILLER", None, Kind.FILLER),
        Field("IN_REGCLS", "in_regcls", Kind.INTEGER, low=1, high=100),
    ),
)
NAMED = Layout(
    "named",
    "Read by name",
    (
        Field("local_id", "local_id", Kind.TEXT, width=10, required=True),
        Field("birth_date", "birth_date", Kind.DATE),
        Field("grade", "grade", Kind.CODE, codes=("01", "02"), unknown_code="warning"),
    ),
    by_name=True,
)
HEADER = "REPT_DATE,LAST_NAME,SSID,GENDER,FILLER,IN_REGCLS\n"
GOOD = "12/01/2016,Garcia,1000000001,F,,80\n"


def read(
    text: str | bytes,
    layout: Layout = SMALL,
    *,
    blocks: Iterable[bytes] | None = None,
    chunk_size: int = 1 << 20,
    **options: Any,
) -> Table:
    """`text` (or its `blocks`) read by `layout`; further arguments are ReadOptions."""
    data = text.encode() if isinstance(text, str) else text
    id_field = "ssid" if layout is SMALL else "local_id"
    return read_table(
        [data] if blocks is None else blocks,
        layout,
        ReadOptions(**options),
        input="students",
        id_field=id_field,
        chunk_size=chunk_size,
    )


def found(table: Table) -> list[tuple[int | None, str | None, str]]:
    """The findings of a table as (line, field, code)."""
    return table.findings.select("line", "field", "code").rows()


def codes(table: Table) -> dict[int, str]:
    """The one code of each line that has a finding."""
    return dict(table.findings.select("line", "code").rows())
