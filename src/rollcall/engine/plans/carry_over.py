"""Carry over what an earlier run decided: only lines that are new, or whose student or record has
been touched since, are read and decided (core.plans.carry_over). `--force` decides everything anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from rollcall.core.files.tables import Table
from rollcall.core.integration import Integration
from rollcall.core.plans.carry_over import completed, without
from rollcall.core.plans.context import Context
from rollcall.core.plans.plan import Plan
from rollcall.engine.models import Run
from rollcall.engine.plans.earlier_lines import Remembered, standing
from rollcall.engine.plans.planning import (
    Planned,
    absent,
    compared,
    moment,
    undiffed,
    views_of,
)
from rollcall.records import read as records
from rollcall.records.copying import Database


def make_plan(
    run: Run,
    integration: Integration,
    remembered: Remembered,
    others: Table,
    context: Context,
) -> Planned | None:
    """Decide the lines that are not carried over, beside those that are; the plan is the one that
    deciding all would give. `others`: what `remembered.others(remembered.rows)` gave. None when too
    much has been touched in the meantime.
    """
    with moment() as (database, snapshot):
        rows = standing(remembered, run, integration, database)
        if rows is None:
            return None
        others = remembered.more(others, remembered.rows, rows)
        found = _alone(run, integration, remembered, rows, others, database)
        plan = _decided(run, integration, remembered, found, context, database)
    run.carried, run.carried_from = found.rows.height, remembered.earlier
    return Planned(plan, snapshot)


@dataclass(frozen=True)
class _Split:
    """The rows carried over, the table of the others, and the views that decide those."""

    rows: pl.DataFrame
    others: Table
    views: Mapping[str, pl.DataFrame]


def _alone(
    run: Run,
    integration: Integration,
    remembered: Remembered,
    rows: pl.DataFrame,
    others: Table,
    database: Database,
) -> _Split:
    """Carry no row whose id or student another row claims: those are decided together."""
    carrying = remembered.carrying
    whole = [name for name in integration.views if name not in carrying.narrowed]
    views = views_of(run, whole, database)
    narrowed = _Narrowed(run, database)
    while True:
        views |= narrowed.views(carrying.needed(others, views))
        left = without(rows, carrying.claims(others, views), carrying.id)
        if left.height == rows.height:
            return _Split(rows, others, views)
        rows, others = left, remembered.more(others, rows, left)


class _Narrowed:
    """Views of many rows, read only as far as they are needed; nothing is read twice."""

    def __init__(self, run: Run, database: Database) -> None:
        self._run, self._database = run, database
        self._asked: dict[tuple[str, int], pl.DataFrame] = {}
        self._found: dict[str, list[pl.DataFrame]] = {}

    def views(self, needed: Mapping[str, list[pl.DataFrame]]) -> dict[str, pl.DataFrame]:
        """The rows with these keys and with all that were asked for before."""
        for name, keys in needed.items():
            for place, only in enumerate(keys):
                self._read(name, only, (name, place))
        return {name: pl.concat(parts).unique() for name, parts in self._found.items()}

    def _read(self, name: str, only: pl.DataFrame, way: tuple[str, int]) -> None:
        before = self._asked.get(way, only.clear())
        new = only.join(before, on=only.columns, how="anti")
        if new.is_empty() and way in self._asked:
            return
        run = self._run
        found = records.view(self._database, name, run.district_id, run.school_year, new)
        self._asked[way] = pl.concat([before, new])
        self._found.setdefault(name, []).append(found)


def _decided(
    run: Run,
    integration: Integration,
    remembered: Remembered,
    split: _Split,
    context: Context,
    database: Database,
) -> Plan:
    tables = {remembered.input.name: split.others}
    decision = integration.decide(tables, split.views, remembered.settings, context)
    plan = undiffed(tables, decision)
    (wanted,) = decision.wanted
    record, district = wanted.record, run.district_id
    held = records.bare_keys(database, record, district)
    keys = records.some_keys(database, record, district, wanted.frame, wanted.keep_blank)
    plan.changes[record.name] = compared(wanted, keys, held.height, run, database)
    about = pl.concat(frame.select(list(record.key)) for frame in (wanted.frame, split.rows))
    plan.absent.update(absent(integration, record, held, about))
    findings = remembered.findings(split.rows)
    return completed(plan, split.rows, findings, held.height, remembered.carrying)
