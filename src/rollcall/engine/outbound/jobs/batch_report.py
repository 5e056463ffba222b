"""What people get from a batch run: its reports, its counts and its summary."""

from collections.abc import Mapping

import polars as pl
from django.db import connection
from psycopg import sql

from rollcall.core.findings import Codes
from rollcall.engine.models import Run
from rollcall.engine.plans import plan_store
from rollcall.engine.runs.reporting import store
from rollcall.records.copying import read_frame

_CHECKS = "checks"
_CHANGES = ("added", "updated", "removed")
_ANSWERS = ("accepted", "refused", "waiting")
_LEFT_SCHEMA = {
    name: pl.String() for name in ("resource", "key", "local_id", "state", "code", "text")
}


def keep_checks(run: Run, checks: pl.DataFrame) -> None:
    """Store what the pre-check found (CHECKS_SCHEMA) beside the plan."""
    plan_store.write(run, _CHECKS, checks)


def report(run: Run) -> tuple[dict[str, dict[str, int]], list[tuple[str, int]]]:
    """Store the reports; the run's counts with what became of each, and its summary. Doing it again
    gives the same, as far as answers go.
    """
    unsettled = left_of(run)
    checks = plan_store.read(run, _CHECKS)
    store(run, "PreCheck", _check_report(_with_state_ids(run, checks)))
    counts = run.counts
    if run.applied_at is not None:
        store(
            run,
            "NotAccepted",
            _with_state_ids(run, unsettled).select(
                Document="resource",
                Key=pl.col("key").str.replace_all("\x1f", ", ", literal=True),
                LocalId="local_id",
                StateId="state_id",
                State="state",
                Code="code",
                PartnerSaid="text",
            ),
        )
        states = unsettled.select("resource", "state")
        counts = {
            name: numbers | _answers(numbers, states.filter(pl.col("resource") == name)["state"])
            for name, numbers in counts.items()
        }
    words = (*_CHANGES, "unchanged")

    def total(word: str) -> int:
        return sum(numbers.get(word, 0) for numbers in counts.values())

    summary = [(f"Documents {word}", total(word)) for word in words]
    if run.applied_at is not None:
        summary += [(word.capitalize(), total(word)) for word in _ANSWERS]
    return counts, summary


def _answers(numbers: Mapping[str, int], states: pl.Series) -> dict[str, int]:
    """What became of one resource's changes, by the states of those that were not accepted."""
    refused = int((states == "refused").sum())
    changed = sum(numbers.get(word, 0) for word in _CHANGES)
    unanswered = states.len()
    return {
        "accepted": changed - unanswered,
        "refused": refused,
        "waiting": unanswered - refused,
    }


def store_kept(run: Run, kept: pl.DataFrame) -> None:
    """Store the documents that an undo keeps as they are (resource, key, local_id)."""
    rows = _with_state_ids(run, kept)
    key = pl.col("key").str.replace_all("\x1f", ", ", literal=True)
    report = rows.select(Document="resource", Key=key, LocalId="local_id", StateId="state_id")
    store(run, "Undo_KeptDocuments", report)


def left_of(run: Run) -> pl.DataFrame:
    """The submissions of a run that the partner has not accepted (resource to text)."""
    query = sql.SQL(
        "SELECT resource, key, local_id, state, code, text FROM submission"
        " WHERE sync_id = {} AND run_id = {} ORDER BY id"
    ).format(sql.Literal(run.sync_id), sql.Literal(run.pk))
    connection.ensure_connection()
    return read_frame(connection.connection, query, _LEFT_SCHEMA)


def _with_state_ids(run: Run, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with the state id of the student in `local_id`, who may have none."""
    of_rows = rows["local_id"].unique().drop_nulls().to_list()
    query = sql.SQL(
        "SELECT local_id, state_id FROM student WHERE district_id = {} AND local_id = ANY({})"
    ).format(sql.Literal(run.district_id), sql.Literal(of_rows))
    connection.ensure_connection()
    schema = {"local_id": pl.String(), "state_id": pl.String()}
    state_ids = read_frame(connection.connection, query, schema)
    return rows.join(state_ids, on="local_id", how="left", maintain_order="left")


def _check_report(checks: pl.DataFrame) -> pl.DataFrame:
    def declared(attribute: str) -> pl.Expr:
        texts = {code: str(getattr(Codes.get(code), attribute)) for code in checks["code"].unique()}
        return pl.col("code").replace_strict(texts, return_dtype=pl.String)

    return checks.select(
        LocalId="local_id",
        StateId="state_id",
        Document="resource",
        Field="field",
        Severity=declared("severity"),
        Code="code",
        Problem=declared("text"),
        Detail="detail",
        WhatToDo=declared("what_to_do"),
    )
