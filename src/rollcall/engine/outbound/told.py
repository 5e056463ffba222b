"""What a batch run tells people: its reports, its counts and its summary."""

import polars as pl
from django.db import connection
from psycopg import sql

from rollcall.core.findings import Codes
from rollcall.core.integration import Integration
from rollcall.engine import plan_store
from rollcall.engine.models import Run
from rollcall.engine.reporting import store
from rollcall.records.copying import read_frame

_CHECKS = "checks"
_LEFT_SCHEMA = {
    name: pl.String() for name in ("resource", "key", "local_id", "state", "code", "text")
}


def keep_checks(run: Run, checks: pl.DataFrame) -> None:
    """Store what the pre-check found (CHECKS_SCHEMA) beside the plan."""
    plan_store.write(run, _CHECKS, checks)


def report(run: Run, integration: Integration) -> None:
    """Store the reports and the summary. Doing it again gives the same, as far as answers go."""
    left = left_of(run)
    store(run, "PreCheck", _check_report(plan_store.read(run, _CHECKS)))
    if run.applied_at is not None:
        store(run, "NotAccepted", _left_report(left))
    counts = run.counts
    for name, numbers in counts.items():
        mine = left.filter(pl.col("resource") == name)["state"]
        refused = int((mine == "refused").sum())
        numbers |= {"refused": refused, "waiting": mine.len() - refused}
    run.summary = [[label, number] for label, number in _summary(run)]
    run.save(update_fields=["counts", "summary"])


def left_of(run: Run) -> pl.DataFrame:
    """The submissions of a run that the partner has not accepted (resource to text)."""
    query = sql.SQL(
        "SELECT resource, key, local_id, state, code, text FROM submission"
        " WHERE sync_id = {} AND run_id = {} ORDER BY id"
    ).format(sql.Literal(run.sync_id), sql.Literal(run.pk))
    connection.ensure_connection()
    return read_frame(connection.connection, query, _LEFT_SCHEMA)


def _check_report(checks: pl.DataFrame) -> pl.DataFrame:
    codes = {one: Codes.get(one) for one in checks["code"].unique()}
    return checks.select(
        LocalId="local_id",
        Document="resource",
        Field="field",
        Severity=pl.col("code").replace_strict(
            {code: str(one.severity) for code, one in codes.items()}, return_dtype=pl.String
        ),
        Code="code",
        Problem=pl.col("code").replace_strict(
            {code: one.text for code, one in codes.items()}, return_dtype=pl.String
        ),
        Detail="detail",
        WhatToDo=pl.col("code").replace_strict(
            {code: one.what_to_do for code, one in codes.items()}, return_dtype=pl.String
        ),
    )


def _left_report(left: pl.DataFrame) -> pl.DataFrame:
    return left.select(
        Document="resource",
        Key=pl.col("key").str.replace_all("\x1f", ", ", literal=True),
        LocalId="local_id",
        State="state",
        Code="code",
        PartnerSaid="text",
    )


def _summary(run: Run) -> list[tuple[str, int]]:
    def total(word: str) -> int:
        return sum(numbers.get(word, 0) for numbers in run.counts.values())

    changed = sum(total(word) for word in ("added", "updated", "removed"))
    lines = [
        ("Documents added", total("added")),
        ("Documents updated", total("updated")),
        ("Documents removed", total("removed")),
        ("Documents unchanged", total("unchanged")),
    ]
    if run.applied_at is None:
        return lines
    refused, waiting = total("refused"), total("waiting")
    accepted = changed - refused - waiting
    return [*lines, ("Accepted", accepted), ("Refused", refused), ("Waiting", waiting)]
