"""Record types as values: what the planner, the guards and the reports need to know of a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True)
class RecordType:
    """One kind of record a district holds.

    `key` and `columns` map column names to Polars types: String, Date, Int16 ... The key is the
    natural key within the district (a student is its `local_id`), never a database number. The
    database keeps a `digest` of key and columns beside each record (see `core.plans.digest`), so
    that equal records are recognized without reading them.

    `title` is what several are called, `singular` one. `partner_ids`: columns by which a partner
    knows the student, and whose ids they are. `numbering`: the key column that only tells equal
    records apart. `always_shown`: a student's page has the type also when there is no record.
    """

    name: str
    title: str
    key: Mapping[str, pl.DataType]
    columns: Mapping[str, pl.DataType]
    singular: str = ""
    partner_ids: Mapping[str, str] = field(default_factory=dict)
    numbering: str = ""
    always_shown: bool = False

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Key and columns together, key first."""
        return {**self.key, **self.columns}

    @property
    def once_a_student(self) -> bool:
        """Whether a student has at most one."""
        return list(self.key) == ["local_id"]
