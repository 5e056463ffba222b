"""The CASEMIS files the demo's special-education system leaves each day."""

from dataclasses import replace

import numpy as np
import polars as pl

from rollcall.sandbox.casemis.faults import Faults, numbers, put, scatter, with_faults
from rollcall.sandbox.casemis.files import (
    MadeFile,
    ServiceFaults,
    make_table_a,
    make_table_b,
    next_day,
)

SEED = 2016

#: What is wrong in every file, until it is corrected at its source; and only since today.
_SINCE_TODAY = Faults(ambiguous=2, duplicate=2)
_LASTING = replace(_SINCE_TODAY, unknown_ssid=5, name_match=4, no_match=3)
_LASTING_SERVICES = ServiceFaults(via_table_a=10, unknown_ssid=3, unknown_student=2)
#: What a data entry weekend adds: rows that must be rejected.
_BAD_DAY = Faults(column_count=2, unclosed_quote=1, undecodable_byte=1, bad_date=14, bad_code=8)


class DailyFiles:
    """The district's files day by day: each day one row in a hundred of Table A is another."""

    def __init__(self, students: pl.DataFrame) -> None:
        self._ssids = students.select("local_id", "state_id")
        self._days = [make_table_a(students, seed=SEED, faults=_LASTING)]
        self.services = make_table_b(self._days[0], students, seed=SEED, faults=_LASTING_SERVICES)

    def students(self, day: int) -> MadeFile:
        """Table A of a past day, from 0."""
        return mended(self.students_today(day), self._ssids, _SINCE_TODAY)

    def students_today(self, day: int) -> MadeFile:
        """Table A of a day, with rows that could be several students and rows that come twice."""
        while len(self._days) <= day:
            self._days.append(next_day(self._days[-1], seed=len(self._days)))
        return self._days[day]

    def bad_students(self, day: int) -> MadeFile:
        """Table A of a day with many rows that must be rejected."""
        return spoiled(self.students(day), _BAD_DAY, seed=day)

    def half_of_services(self) -> MadeFile:
        """Table B with each student's first service only, as when an extract breaks off."""
        first_services = self.services.expected["local_id"].is_first_distinct()
        return self.services.rewritten(
            self.services.lines.filter(first_services),
            self.services.expected.filter(first_services),
        )


def mended(file: MadeFile, ssids: pl.DataFrame, kinds: Faults) -> MadeFile:
    """The same Table A with their students' own SSIDs in the rows that have one of these faults.

    `ssids`: local_id and state_id. Only faults of the SSID can be mended so.
    """
    names = [name for name, count in vars(kinds).items() if count]
    bad = file.expected["fault"].is_in(names)
    theirs = file.expected.filter(bad).join(ssids, on="local_id", maintain_order="left")
    right = put(file.lines.filter(bad), "SSID", theirs["state_id"], file.style)
    as_clean = [
        pl.when(pl.lit(bad)).then(pl.lit(value)).otherwise(name).alias(name)
        for name, value in {"fault": "none", "outcome": "matched"}.items()
    ]
    lines = scatter(file.lines, numbers(bad), right)
    return file.rewritten(lines, file.expected.with_columns(as_clean))


def spoiled(file: MadeFile, faults: Faults, seed: int) -> MadeFile:
    """The same Table A with further faults in rows that have none; each must reject its row.

    ValueError when there are not enough clean rows.
    """
    kinds = np.repeat(list(vars(faults)), list(vars(faults).values()))
    clean = np.random.default_rng([seed, 4]).permutation(numbers(file.expected["fault"] == "none"))
    if len(kinds) > len(clean):
        raise ValueError(f"{len(clean)} clean rows for {len(kinds)} faults")
    added = pl.Series(["none"]).new_from_index(0, file.lines.len())
    added = added.scatter(clean[: len(kinds)], pl.Series(kinds, dtype=pl.String))
    lines = with_faults(file.lines, added, file.lines, file.style)
    bad = pl.lit(added != "none")
    expected = file.expected.with_columns(
        pl.when(bad).then(pl.lit(added)).otherwise("fault").alias("fault"),
        pl.when(bad).then(pl.lit("rejected")).otherwise("outcome").alias("outcome"),
    )
    return file.rewritten(lines, expected)
