"""The page of a sync that sends: the data flow in numbers, near real time, jobs and level 2."""

from collections.abc import Iterator

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame import problems
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.visit import Visit
from rollcall.console.sending import jobs
from rollcall.console.sending.flow_words import standing
from rollcall.console.sending.jobs import sender_of
from rollcall.console.syncs.sync_frame import frame
from rollcall.core.problems import Problem
from rollcall.engine.models import UNRESOLVED, Alert, AlertKind, Sync
from rollcall.engine.outbound.figures import figures as flows
from rollcall.engine.outbound.near_real_time import switch
from rollcall.engine.outbound.problems import rules_report
from rollcall.engine.worker import tasks

_HEADER = (
    "Documents", "In our records", "Waiting", "Waiting for another", "Held", "Sent", "Refused",
    "Accepted", "Of these removals", "Not called for", "Partner holds", "Held when read", "Read at",
)  # fmt: skip
#: The largest report of the partner's rules that is taken, bytes.
_MOST = 50_000_000


def flow(request: HttpRequest, visit: Visit, sender: str) -> HttpResponse:
    """How the flow stands. Asked by itself (htmx), it gives the numbers alone."""
    sync = sender_of(visit, sender)
    told = flows.flow(sync, visit.clock)
    shown = {"sync": sync, "flow": told, "standing": standing(told, sync.paused)}
    if request.headers.get("HX-Request"):
        return render(request, "sending/parts/flow_numbers.html", shown)
    shown = {
        **frame(visit, sync, "flow"),
        **shown,
        "jobs": jobs.jobs(sync),
        "grades": jobs.grades(visit.district),
        "rules": rules_report.report_of(sync),
        "look": rules_report.last_look(sync),
        "upload": rules_report.last_upload(sync),
        "broken": _unresolved(sync, AlertKind.RULE),
        "checks": _unresolved(sync, AlertKind.CHECK),
    }
    return render(request, "sending/flow.html", shown)


def _unresolved(sync: Sync, kind: AlertKind) -> int:
    return Alert.objects.filter(sync=sync, kind=kind, state__in=UNRESOLVED).count()


def flow_csv(request: HttpRequest, visit: Visit, sender: str) -> StreamingHttpResponse:
    """The numbers as CSV."""
    told = flows.flow(sender_of(visit, sender), visit.clock)
    return csv_file(visit, f"{sender}-flow", _HEADER, _cells(told))


def _cells(told: flows.Flow) -> Iterator[tuple[object, ...]]:
    for one in (*told.resources, told.total):
        waiting = (one.waiting, one.parent, one.held)
        answered = (one.sent, one.refused, one.accepted)
        partner = (one.removals, one.not_called_for, one.partner, one.read, one.read_at)
        yield one.title, one.records, *waiting, *answered, *partner


def live(request: HttpRequest, visit: Visit, sender: str) -> HttpResponseRedirect:
    """Turn near real time on or off."""
    sync, on = sender_of(visit, sender), request.POST.get("on") == "yes"
    try:
        with transaction.atomic():
            said = _on(visit, sync) if on else _off(visit, sync)
            visit.note(Action.CHANGED, f"near real time of {sender}", on=on)
    except Problem as problem:
        problems.say(request, problem)
    else:
        messages.success(request, said)
    return redirect(visit.url("flow", sender=sender))


def _on(visit: Visit, sync: Sync) -> str:
    run = switch.turn_on(sync, visit.user.email, visit.clock)
    if run is None:
        return "Near real time was on already."
    tasks.enqueue(run)
    return (
        f"Near real time is on: every edit from now on is sent by itself. Run {run.pk} compares "
        "everything once, for what was edited since."
    )


def _off(visit: Visit, sync: Sync) -> str:
    switch.turn_off(sync, visit.user.email, visit.clock)
    return (
        "Near real time is off: edits wait for the next batch job. What is on its way already is "
        "still sent; to stop that as well, pause the sync."
    )


def rules(request: HttpRequest, visit: Visit, sender: str) -> HttpResponseRedirect:
    """Take in the report of the partner's own rules (level 2)."""
    sync, report = sender_of(visit, sender), request.FILES.get("report")
    if report is None or (report.size or 0) > _MOST:
        said = f"larger than {_MOST // 1_000_000} MB" if report else "missing"
        messages.error(request, f"The file is {said}. Choose the report, then upload it.")
        return redirect(visit.url("flow", sender=sender))
    try:
        told = rules_report.upload(sync, report.read(), visit.clock, visit.user.email)
    except Problem as problem:
        problems.say(request, problem)
    else:
        visit.note(Action.CHANGED, f"level 2 of {sender}", rows=told.rows, resolved=told.resolved)
        messages.success(request, _taken(told))
    return redirect(visit.url("flow", sender=sender))


def _taken(told: rules_report.Uploaded) -> str:
    lost = f" {told.unreadable:,} rows could not be read." if told.unreadable else ""
    who = f" {len(told.strangers):,} rows are about nobody here." if told.strangers else ""
    return (
        f"The report has {told.rows:,} problems of {told.students:,} students: {told.opened:,} "
        f"are new, {told.continuing:,} go on, {told.resolved:,} are resolved.{lost}{who}"
    )


def looked(request: HttpRequest, visit: Visit, sender: str) -> HttpResponseRedirect:
    """This person looked at the problems on the partner's own pages."""
    try:
        rules_report.looked(sender_of(visit, sender), visit.clock, visit.user.email)
    except Problem as problem:
        problems.say(request, problem)
    else:
        visit.note(Action.CHANGED, f"level 2 of {sender}", looked=True)
        messages.success(request, "It is written down that you looked at it now.")
    return redirect(visit.url("flow", sender=sender))
