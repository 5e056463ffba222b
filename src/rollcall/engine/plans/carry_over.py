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
    snapshot_transaction,
    undiffed,
    views_of,
)
from rollcall.records import read as records
from rollcall.records.copying import Database


def make_plan(
    run: Run,
    integration: Integration,
    remembered: Remembered | None,
    new_rows: Table | None,
    context: Context,
) -> Planned | None:
    """Decide the lines that are not carried over, beside those that are; the plan is the one that
    deciding all would give. `new_rows`: what `remembered.others(remembered.rows)` gave. None when
    nothing is remembered or too much has been touched in the meantime.
    """
    if remembered is None or new_rows is None:
        return None
    with snapshot_transaction() as (database, snapshot):
        rows = standing(remembered, run, integration, database)
        if rows is None:
            return None
        new_rows = remembered.more(new_rows, remembered.rows, rows)
        decided = _alone(run, integration, remembered, rows, new_rows, database)
        plan = _decided(run, integration, remembered, decided, context, database)
    return Planned(plan, snapshot, decided.rows.height, remembered.earlier)


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
    new_rows: Table,
    database: Database,
) -> _Split:
    """Carry no row whose id or student another row claims: those are decided together."""
    carrying = remembered.carrying
    full_views = [name for name in integration.views if name not in carrying.narrowed]
    views = views_of(run, full_views, database)
    narrowed = _Narrowed(run, database)
    while True:
        views |= narrowed.views(carrying.needed(new_rows, views))
        undecided = without(rows, carrying.claims(new_rows, views), carrying.id)
        if undecided.height == rows.height:
            return _Split(rows, new_rows, views)
        rows, new_rows = undecided, remembered.more(new_rows, rows, undecided)


class _Narrowed:
    """Views of many rows, read only as far as they are needed; nothing is read twice."""

    def __init__(self, run: Run, database: Database) -> None:
        self._run, self._database = run, database
        self._asked: dict[tuple[str, int], pl.DataFrame] = {}
        self._found: dict[str, list[pl.DataFrame]] = {}

    def views(self, needed: Mapping[str, list[pl.DataFrame]]) -> dict[str, pl.DataFrame]:
        """The rows with these keys and with all that were asked for before."""
        run, database = self._run, self._database
        ways = [(name, place) for name, keys in needed.items() for place in range(len(keys))]
        for name, place in ways:
            only = needed[name][place]
            before = self._asked.get((name, place), only.clear())
            new = only.join(before, on=only.columns, how="anti")
            if not new.is_empty() or (name, place) not in self._asked:
                frame = records.view(database, name, run.district_id, run.school_year, new)
                self._asked[name, place] = pl.concat([before, new])
                self._found.setdefault(name, []).append(frame)
        return {name: pl.concat(parts).unique() for name, parts in self._found.items()}


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
    (target,) = decision.wanted
    record, district = target.record, run.district_id
    record_keys = records.bare_keys(database, record, district)
    keys = records.some_keys(database, record, district, target.frame, target.keep_blank)
    plan.changes[record.name] = compared(target, keys, record_keys.height, run, database)
    about = pl.concat(frame.select(list(record.key)) for frame in (target.frame, split.rows))
    plan.absent.update(absent(integration, record, record_keys, about))
    findings = remembered.findings(split.rows)
    return completed(plan, split.rows, findings, record_keys.height, remembered.carrying)
