"""Runs of a part of a file, such as corrected rows: what the part does not have says nothing.

Nothing is removed for being absent, nothing is reported as missing, and no guard takes the rows
that are not there for a drop. Any integration can be run so; what it says about absence it declares
(`core.integration.Absence`).
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import polars as pl

from rollcall.core.files.layouts import Layout
from rollcall.core.files.tables import REJECTED_SCHEMA, Form, Table
from rollcall.core.files.validate import column_type
from rollcall.core.findings import Codes, Severity, no_findings
from rollcall.core.integration import Decision, Integration
from rollcall.core.plans.context import Context

NEEDS_FILES = Codes.add(
    "partial.needs_files",
    Severity.ERROR,
    "A run of some rows only needs a file with these rows",
    "Give it with --input NAME=PATH.",
    "the person who started the run",
)


def for_a_part(full_integration: Integration) -> Integration:
    """The integration that decides a run of a part of a file: one that concludes nothing from what
    is absent.
    """
    return replace(
        full_integration, decide=partial(_decide, full_integration), report_views={}, carrying=None
    )


def _decide(
    full_integration: Integration,
    tables: Mapping[str, Table],
    views: Mapping[str, pl.DataFrame],
    settings: Any,
    context: Context,
) -> Decision:
    """The integration's decision about the rows there are. A required input that was not given
    has no rows.
    """
    missing = {
        input.name: _empty(input.layout(settings))
        for input in full_integration.inputs
        if input.required and input.name not in tables
    }
    decision = full_integration.decide({**missing, **tables}, views, settings, context)
    speaks = ~pl.col("code").is_in(list(full_integration.absence.findings))
    return replace(
        decision,
        wanted=tuple(replace(target, scope=None, shielded=None) for target in decision.wanted),
        findings=decision.findings.filter(speaks),
    )


def _empty(layout: Layout) -> Table:
    columns = {str(field.column): column_type(field) for field in layout.stored}
    return Table(
        rows=pl.DataFrame(schema={"line": pl.UInt32(), **columns}),
        rejected=pl.DataFrame(schema=REJECTED_SCHEMA),
        findings=no_findings(),
        offsets=pl.Series("offset", [], pl.UInt64),
        form=Form("utf-8", None, 0),
    )
