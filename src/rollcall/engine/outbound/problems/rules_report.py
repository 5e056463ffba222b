"""The report of the state's rules: what the partner's own rules say of what it has accepted.

The partner shows it on its own pages only, so people save the report there and upload it (Ed-Fi:
level 2). Each report lists all that is wrong: what a new one no longer has is resolved.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

import polars as pl
from django.db import connection, transaction

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.core.sending.outbound import RulesReport, RulesResult
from rollcall.engine.alerts import alerts
from rollcall.engine.alerts.alerts import Seen
from rollcall.engine.clock import Clock
from rollcall.engine.models import UNRESOLVED, Alert, AlertKind, Sync
from rollcall.engine.outbound.models import RulesLook
from rollcall.engine.outbound.near_real_time import switch
from rollcall.engine.outbound.problems.submission_alerts import resolve_others, subjects_of
from rollcall.records import read as records

_LONG = 500
#: So many rows about strangers are remembered with an upload.
_MOST_STRANGERS = 1_000

NO_REPORT = Codes.add(
    "rules.no_report",
    Severity.ERROR,
    "The partner of this sync has no report of its rules that could be read",
    "Choose the sync that the report is about.",
    "the person who has the report",
)
RULE = Codes.add(
    "rules.broken",
    Severity.ERROR,
    "A record breaks one of the partner's rules",
    "Read what the partner says, correct the record, and let it be sent; then make the report "
    "anew and upload it.",
    "the district's data manager",
)


@dataclass(frozen=True)
class Uploaded:
    """What a report says. `rows`: problems in it, `students` that they are about. `opened`,
    `continuing`, `resolved`: alerts. `strangers`: (line, state id) of rows about students whom the
    district does not have. `unreadable`: rows that could not be read; with any, nothing is taken
    for resolved.
    """

    rows: int
    students: int
    opened: int
    continuing: int
    resolved: int
    unreadable: int
    strangers: list[tuple[int, str]]


@dataclass(frozen=True)
class Look:
    """A time when a person uploaded the report (`counts`: the numbers of Uploaded; `strangers` as
    there, a thousand at most), or said that they looked at it (`counts` empty).
    """

    at: datetime
    by: str
    counts: Mapping[str, int]
    strangers: list[tuple[int, str]]


def can(sync: Sync) -> bool:
    """Whether this sync's partner has a report that we read."""
    return report_of(sync) is not None


def report_of(sync: Sync) -> RulesReport | None:
    """The report: what it is called and how to get it; None when there is none."""
    try:
        return switch.outbound_of(sync).rules
    except Problem:
        return None


def upload(sync: Sync, data: bytes, clock: Clock, person: str) -> Uploaded:
    """Take in the report: alerts (kind RULE) open, go on and are resolved. Problem when the file is
    no such report.
    """
    report = report_of(sync)
    if report is None:
        raise Problem(NO_REPORT)
    with transaction.atomic():
        year = sync.district.school_year
        rules_result = report.read(
            data, records.view(connection.connection, "identities", sync.district_id, year)
        )
        uploaded = _update_alerts(sync, rules_result, clock)
        counts = asdict(uploaded)
        strangers = counts.pop("strangers")[:_MOST_STRANGERS]
        RulesLook.objects.create(
            sync=sync, at=clock.now(), by=person, counts=counts, strangers=strangers
        )
    return uploaded


def _update_alerts(sync: Sync, rules_result: RulesResult, clock: Clock) -> Uploaded:
    """Open, continue and resolve alerts by all that a report says."""
    # One for each student and rule, or school and rule; `count`: rows of the report.
    nobody = pl.col("local_id").is_null()
    place = [pl.when(nobody).then(name) for name in ("school_id", "grade")]
    which = pl.concat_str(pl.coalesce("number", "rule"), *place, separator=" ", ignore_nulls=True)
    by = rules_result.problems.with_columns(
        which=which.fill_null(""), code=pl.col("code").fill_null(RULE)
    )
    counted = by.group_by("local_id", "code", "which", maintain_order=True).agg(
        pl.col("severity").first(), pl.col("text").first(), count=pl.len()
    )
    subjects = subjects_of(sync, counted["local_id"])
    seen = []
    for row in counted.iter_rows(named=True):
        code, text = row["code"], (row["text"] or "")[:_LONG]
        # In our words where we have the rule, and the partner's.
        text = text if code == RULE else f"{Codes.get(code).text} ({text})"
        subject = subjects.get(row["local_id"] or "", "")
        about = subject, row["which"]
        seen.append(Seen(AlertKind.RULE, code, text, row["severity"], row["count"], *about))
    unresolved = Alert.objects.filter(sync=sync, kind=AlertKind.RULE, state__in=UNRESOLVED)
    resolved = 0 if rules_result.unreadable else resolve_others(unresolved, seen, clock)
    opened = alerts.open_or_renew(sync.district_id, sync.pk, seen, clock)
    return Uploaded(
        rows=rules_result.problems.height,
        students=rules_result.problems["local_id"].drop_nulls().n_unique(),
        opened=len(opened),
        continuing=len(seen) - len(opened),
        resolved=resolved,
        unreadable=rules_result.unreadable,
        strangers=rules_result.strangers.rows(),
    )


def looked(sync: Sync, clock: Clock, person: str) -> None:
    """Note that a person looked at the partner's own page of problems; the reminder waits again."""
    if not can(sync):
        raise Problem(NO_REPORT)
    RulesLook.objects.create(sync=sync, at=clock.now(), by=person)


def last_look(sync: Sync) -> Look | None:
    """When and by whom it was looked at last, by report or without; None: never."""
    return _look(RulesLook.objects.filter(sync=sync).order_by("-at").first())


def last_upload(sync: Sync) -> Look | None:
    """The last report; None: never."""
    uploads = RulesLook.objects.filter(sync=sync).exclude(counts={})
    return _look(uploads.order_by("-at").first())


def _look(rules_look: RulesLook | None) -> Look | None:
    if rules_look is None:
        return None
    strangers = [(line, state_id) for line, state_id in rules_look.strangers]
    return Look(rules_look.at, rules_look.by, rules_look.counts, strangers)
