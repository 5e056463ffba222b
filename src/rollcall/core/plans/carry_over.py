"""Rows that stay as an earlier run decided them, so that they need not be decided again.

A district's file is nearly the same from one day to the next. A matched row whose line an earlier,
applied run had, whose student and record nobody has touched since, and whose student no other row
lays claim to, leads to the same outcome and to no change. Deciding it again gives the same answer:
that is the promise here, and tests/engine/plans/test_carry_over.py holds it against a run that
decides all.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

import polars as pl

from rollcall.core.files.lines import MARK
from rollcall.core.files.tables import Table
from rollcall.core.findings import all_findings
from rollcall.core.plans.plan import Outcome, Plan


@dataclass(frozen=True)
class Claims:
    """What some rows point to: the ids they hold, and the students (local ids) found for them."""

    ids: pl.Series
    local_ids: pl.Series


@dataclass(frozen=True)
class Carrying:
    """What an integration says of the rows of its `input` that may stay as they were decided.

    Such a row was matched by one of `rules`, which look at nothing but the row and the one student
    who holds its `id` (a column of the outcome frame) or, where it has none, the one whom it fits.
    It is the whole of that student's `record` (a record type with one record a student).
    `fitting(rows, students)`: the lines of the outcome rows without id that fit one of some
    students. `needed(table, views)`: by view, frames of keys; the rows of the view with one of
    these are all that deciding the rows of `table` needs; it names the views in `narrowed` and is
    given the others. `claims(table, views)`: whom they point to.
    """

    input: str
    record: str
    rules: tuple[str, ...]
    id: str
    fitting: Callable[[pl.DataFrame, pl.DataFrame], pl.Series]
    needed: Callable[[Table, Mapping[str, pl.DataFrame]], Mapping[str, list[pl.DataFrame]]]
    narrowed: tuple[str, ...]
    claims: Callable[[Table, Mapping[str, pl.DataFrame]], Claims]


def decided_before(
    lines: pl.DataFrame,
    earlier_lines: pl.DataFrame,
    earlier_rows: pl.DataFrame,
    rules: Collection[str],
) -> pl.DataFrame:
    """The rows of the earlier run whose line this file has as well, under this file's numbers.

    `lines`, `earlier_lines`: LINES_SCHEMA; `earlier_rows`: an outcome frame with a row for every
    earlier line, by line. A line that either file has twice is left out. Columns: those of
    `earlier_rows`, `earlier_line` and `foreign`; by line.
    """
    sure = earlier_rows.select(
        (pl.col("outcome") == Outcome.MATCHED) & pl.col("rule").is_in(list(rules))
    ).to_series()
    both = _once(lines).join(
        _once(earlier_lines).rename({"line": "earlier_line"}), on=MARK[0], suffix=":before"
    )
    same = (pl.col(MARK[1]) == pl.col(f"{MARK[1]}:before")) & pl.col("sure")
    pairs = both.with_columns(sure=sure.gather(both["earlier_line"] - 1)).filter(same).sort("line")
    # Row by place: the texts of a million rows are copied once.
    rows = earlier_rows[pairs["earlier_line"] - 1]
    return rows.with_columns(pairs["line"], pairs["earlier_line"], pairs["foreign"])


def _once(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines that have a mark, and one that no other line of the file has."""
    mark = pl.col(MARK[0])
    return lines.filter(mark.is_not_null() & mark.is_unique())


def unmoved(carried: pl.DataFrame, moved: pl.DataFrame, id: str) -> pl.DataFrame:
    """The rows whose student and record nobody has touched since.

    `moved`: of each change the student's local id and `id`, before it and behind it.
    """
    ids = pl.concat([moved["id_before"], moved["id_after"]])
    local_ids = pl.concat([moved["local_id_before"], moved["local_id"]])
    return without(carried, Claims(ids, local_ids), id)


def without(carried: pl.DataFrame, claims: Claims, id: str) -> pl.DataFrame:
    """The rows whose id and student nobody claims."""
    claimed = _among(id, claims.ids) | _among("local_id", claims.local_ids)
    taken = carried.select(claimed).to_series()
    # Most often none is, and a million rows need not be copied.
    return carried.filter(~taken) if taken.any() else carried


def _among(column: str, values: pl.Series) -> pl.Expr:
    return pl.col(column).is_in(values.drop_nulls().unique().implode()).fill_null(False)


def completed(
    plan: Plan,
    carried: pl.DataFrame,
    findings: pl.DataFrame,
    population: int,
    carrying: Carrying,
) -> Plan:
    """The plan of the rows that were decided, with the carried ones beside them.

    `carried`: their outcome rows; `findings`: what the earlier run found about them, under this
    file's lines; `population`: how many records of the type the district holds. Plan.absent stays.
    """
    rows = plan.rows[carrying.input]
    both = rows.merge_sorted(carried.select(rows.columns), key="line")
    changes = plan.changes[carrying.record]
    stamp = changes.stamp
    # Each carried row is a record that is already what the row says it must be.
    changes = replace(
        changes,
        unchanged=changes.unchanged + carried.height,
        population=population,
        stamp=None if stamp is None else pl.concat([stamp, carried.select(stamp.columns)]),
    )
    return replace(
        plan,
        rows={**plan.rows, carrying.input: both},
        changes={**plan.changes, carrying.record: changes},
        findings=all_findings([plan.findings, findings]),
    )
