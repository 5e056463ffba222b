"""Record types as values: what the planner, the guards and the reports need to know of a table."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class RecordType:
    """One kind of record a district holds.

    `key` and `columns` map column names to Polars types: String, Date, Int16 ... The key is the
    natural key within the district (a student is its `local_id`), never a database number. The
    database keeps a `digest` of key and columns beside each record (see `core.plans.digest`), so
    that equal records are recognized without reading them.
    """

    name: str
    title: str
    key: Mapping[str, pl.DataType]
    columns: Mapping[str, pl.DataType]

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Key and columns together, key first."""
        return {**self.key, **self.columns}
