"""What answers and pre-checks say about problems: alerts that open, go on and are resolved."""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl
from django.db import connection
from django.db.models import QuerySet

from rollcall.core.findings import Codes, Severity
from rollcall.core.plans.digest import SEPARATOR
from rollcall.core.sending.channel import Verdict
from rollcall.core.sending.outbound import Resource
from rollcall.engine.alerts import alerts
from rollcall.engine.alerts.alerts import Seen
from rollcall.engine.clock import Clock
from rollcall.engine.models import UNRESOLVED, Alert, AlertKind, Sync
from rollcall.engine.outbound.queue import Dropped, QueuedSubmission
from rollcall.engine.outbound.sender.record_answers import Outcome, Settled
from rollcall.records.models import Student

#: After so many tries a person should know that a document waits.
_TRIES = 5
_LONG = 200

WAITS = Codes.add(
    "partner.waits",
    Severity.WARNING,
    "The partner could not take this document for some time; it is sent again and again",
    "Nothing when the partner is known to be down; else read what the partner answered.",
    "the person responsible for the partner system",
)
WAITS_FOR_PARENT = Codes.add(
    "partner.waits_for_parent",
    Severity.WARNING,
    "This document waits for another one that the partner does not have yet",
    "Look at the other problems of this student first; it follows once they are resolved.",
    "the district's data manager",
)
NOT_LET_IN = Codes.add(
    "partner.not_let_in",
    Severity.ERROR,
    "The partner refuses the sign-in, so nothing is sent; documents wait until it works again",
    "Test the connection. Check the address, the key and the secret with the partner.",
    "the person who keeps the connection",
)
_WAITS = {Outcome.WAITING: WAITS, Outcome.PARENT: WAITS_FOR_PARENT}


def update_alerts(
    sync: Sync, resources: Mapping[str, Resource], settled: Sequence[Settled], clock: Clock
) -> None:
    """Open an alert for each refusal and each long wait, and resolve those of what was accepted."""
    open_alerts = Alert.objects.filter(sync=sync, kind=AlertKind.REFUSED, state__in=UNRESOLVED)
    accepted = [answer for answer in settled if answer.outcome is Outcome.ACCEPTED]
    bad = [
        answer
        for answer in settled
        if answer.outcome is Outcome.REFUSED
        or (answer.outcome in _WAITS and answer.sent and answer.taken.attempts >= _TRIES)
    ]
    good = accepted if open_alerts.exists() else []
    if not bad and not good:
        return
    subjects = subjects_of(sync, (answer.taken.local_id for answer in (*bad, *good)))

    def place(submission: QueuedSubmission) -> tuple[str, str]:
        subject = subjects.get(submission.local_id or "", "")
        return subject, detail_of(submission.key, resources[submission.resource])

    seen = []
    for answer in bad:
        code = _WAITS.get(answer.outcome, answer.code)
        severity = str(Codes.get(code).severity)
        text = _with_answer(code, answer.text)
        seen.append(Seen(AlertKind.REFUSED, code, text, severity, 1, *place(answer.taken)))
    _resolve(sync, [place(answer.taken) for answer in good], clock)
    # A document that is refused for another reason has the earlier problem no longer.
    if seen:
        columns = [
            [getattr(problem, name) for problem in seen] for name in ("subject", "detail", "code")
        ]
        with connection.cursor() as cursor:
            cursor.execute(_RESOLVE_OTHERS, [clock.now(), *columns, sync.pk])
    alerts.open_or_renew(sync.district_id, sync.pk, seen, clock)


def _with_answer(code: str, answer_text: str) -> str:
    declared = Codes.get(code).text
    return f"{declared}: {answer_text[:_LONG]}" if answer_text else declared


def resolve_others(unresolved: QuerySet[Alert], seen: Iterable[Seen], clock: Clock) -> int:
    """Resolve those unresolved alerts that are not among those seen; how many."""
    still = {(problem.code, problem.subject, problem.detail) for problem in seen}
    gone = [
        pk
        for pk, *place in unresolved.values_list("pk", "code", "subject", "detail")
        if tuple(place) not in still
    ]
    alerts.resolve(Alert.objects.filter(pk__in=gone), clock)
    return len(gone)


def detail_of(key: str, resource: Resource) -> str:
    """Which document of a student: the resource and its key without the student's own id."""
    about = resource.about
    parts = zip(resource.record.key, key.split(SEPARATOR), strict=True)
    return " ".join([resource.name, *(value for name, value in parts if name != about)])


def subjects_of(sync: Sync, local_ids: Iterable[str | None]) -> dict[str, str]:
    """By local id what alerts about that student name: the database's own number."""
    ids = {number for number in local_ids if number is not None}
    students = Student.objects.filter(district=sync.district_id, local_id__in=ids)
    return {local_id: f"student:{pk}" for local_id, pk in students.values_list("local_id", "pk")}


def resolve_dropped(
    sync: Sync, resources: Iterable[Resource], dropped: Sequence[Dropped], clock: Clock
) -> None:
    """Resolve the problems of documents that no record calls for any longer."""
    by_name = {resource.name: resource for resource in resources}
    subjects = subjects_of(sync, (submission.local_id for submission in dropped))
    places = [
        (
            subjects.get(submission.local_id or "", ""),
            detail_of(submission.key, by_name[submission.resource]),
        )
        for submission in dropped
    ]
    _resolve(sync, places, clock)


def _resolve(sync: Sync, places: Sequence[tuple[str, str]], clock: Clock) -> None:
    if places:
        with connection.cursor() as cursor:
            cursor.execute(_RESOLVE, [clock.now(), *map(list, zip(*places, strict=True)), sync.pk])


_RESOLVE = """UPDATE alert SET state = 'resolved', resolved_at = %s
FROM unnest(%s::text[], %s::text[]) AS good (subject, detail)
WHERE sync_id = %s AND kind = 'refused' AND state IN ('open', 'acknowledged')
    AND alert.subject = good.subject AND alert.detail = good.detail"""


_RESOLVE_OTHERS = """UPDATE alert SET state = 'resolved', resolved_at = %s
FROM unnest(%s::text[], %s::text[], %s::text[]) AS bad (subject, detail, code)
WHERE sync_id = %s AND kind = 'refused' AND state IN ('open', 'acknowledged')
    AND alert.subject = bad.subject AND alert.detail = bad.detail AND alert.code <> bad.code"""


def update_sign_in_alert(
    sync: Sync, trouble: Verdict | None, clock: Clock, last_code: str | None
) -> str | None:
    """An alert while the partner does not let us in; its code ("" without one). `last_code`: what
    this gave back before (None: it was not called yet).
    """
    code = "" if trouble is None else trouble.code or NOT_LET_IN
    if code == last_code:
        return code
    open_alerts = Alert.objects.filter(sync=sync, kind=AlertKind.SIGN_IN, state__in=UNRESOLVED)
    alerts.resolve(open_alerts.exclude(code=code), clock)
    if trouble is not None:
        text = _with_answer(code, trouble.text)
        seen = Seen(AlertKind.SIGN_IN, code, text, str(Codes.get(code).severity))
        alerts.open_or_renew(sync.district_id, sync.pk, [seen], clock)
    return code


def update_check_alerts(
    sync: Sync, students: pl.DataFrame | None, checks: pl.DataFrame, clock: Clock
) -> None:
    """Alerts of what the pre-check found to be an error (CHECKS_SCHEMA), about the students looked
    at (local_id; None: all); those that it no longer finds are resolved.
    """
    codes = checks["code"].unique()
    is_error = [code for code in codes if Codes.get(code).severity is Severity.ERROR]
    errors = checks.filter(pl.col("code").is_in(is_error))
    distinct = errors.unique(["local_id", "code", "resource"], maintain_order=True)
    checked_ids = distinct["local_id"] if students is None else students["local_id"]
    subjects = subjects_of(sync, [*checked_ids, *distinct["local_id"]])
    seen = []
    for row in distinct.iter_rows(named=True):
        declared, detail = Codes.get(row["code"]), row["detail"]
        text = f"{declared.text} ({detail})" if detail else declared.text
        place = subjects.get(row["local_id"] or "", ""), row["resource"] or ""
        severity = str(declared.severity)
        seen.append(Seen(AlertKind.CHECK, row["code"], text, severity, 1, *place))
    unresolved = Alert.objects.filter(sync=sync, kind=AlertKind.CHECK, state__in=UNRESOLVED)
    if students is not None:
        unresolved = unresolved.filter(subject__in=set(subjects.values()))
    resolve_others(unresolved, seen, clock)
    alerts.open_or_renew(sync.district_id, sync.pk, seen, clock)
    if students is None or len(subjects) < len({*checked_ids, *distinct["local_id"]} - {None}):
        # Students who are no longer in the records have no problems.
        with connection.cursor() as cursor:
            cursor.execute(_RESOLVE_OF_NOBODY, [clock.now(), sync.pk, sync.district_id])


_RESOLVE_OF_NOBODY = """UPDATE alert SET state = 'resolved', resolved_at = %s
WHERE sync_id = %s AND state IN ('open', 'acknowledged') AND kind IN ('refused', 'check')
    AND subject LIKE 'student:%%' AND NOT EXISTS (
        SELECT FROM student WHERE district_id = %s AND subject = 'student:' || student.id)"""
