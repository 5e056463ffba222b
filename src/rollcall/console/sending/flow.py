"""The data flow of a sync that sends: its numbers, near real time, jobs and the partner's rules."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame import problems
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.visit import Visit
from rollcall.console.sending import jobs
from rollcall.console.sending.flow_states import flow_state
from rollcall.console.sending.jobs import sender_of
from rollcall.console.syncs.sync_head import head
from rollcall.core.problems import Problem
from rollcall.engine.models import UNRESOLVED, Alert, AlertKind, Sync
from rollcall.engine.outbound.figures import figures
from rollcall.engine.outbound.near_real_time import switch
from rollcall.engine.outbound.problems import rules_report
from rollcall.engine.worker import tasks

_HEADER = (
    "Documents", "Expected", "Waiting", "Blocked", "Held", "Sent", "Refused", "Accepted",
    "Removals", "Unexpected", "In the state system", "In the state system when read", "Read at",
)  # fmt: skip
#: The largest report of the partner's rules that is accepted, in bytes.
_LARGEST = 50_000_000


def flow(request: HttpRequest, visit: Visit, sender: str) -> HttpResponse:
    """The state of the flow. For htmx the numbers alone."""
    sync = sender_of(visit, sender)
    flow = figures.flow(sync, visit.clock)
    context = {"sync": sync, "flow": flow, "flow_state": flow_state(flow, sync.paused)}
    if request.headers.get("HX-Request"):
        return render(request, "sending/parts/flow_numbers.html", context)
    open_alerts = Alert.objects.filter(sync=sync, state__in=UNRESOLVED)
    context |= {
        **head(visit, sync, "flow"),
        "jobs": jobs.jobs(sync),
        "grades": jobs.grades(visit.district),
        "rules": rules_report.report_of(sync),
        "last_check": rules_report.last_look(sync),
        "last_upload": rules_report.last_upload(sync),
        "violations": open_alerts.filter(kind=AlertKind.RULE).count(),
        "pre_check_errors": open_alerts.filter(kind=AlertKind.CHECK).count(),
    }
    return render(request, "sending/flow.html", context)


def flow_csv(request: HttpRequest, visit: Visit, sender: str) -> StreamingHttpResponse:
    """The numbers as CSV."""
    flow = figures.flow(sender_of(visit, sender), visit.clock)
    rows = (
        (
            *(numbers.title, numbers.records, numbers.waiting, numbers.parent, numbers.held),
            *(numbers.sent, numbers.refused, numbers.accepted, numbers.removals),
            *(numbers.not_called_for, numbers.partner, numbers.read, numbers.read_at),
        )
        for numbers in (*flow.resources, flow.total)
    )
    return csv_file(visit, f"{sender}-flow", _HEADER, rows)


def near_real_time(request: HttpRequest, visit: Visit, sender: str) -> HttpResponseRedirect:
    """Turn near real time on or off."""
    sync, on = sender_of(visit, sender), request.POST.get("on") == "yes"
    try:
        with transaction.atomic():
            if on:
                text = _turn_on(visit, sync)
            else:
                switch.turn_off(sync, visit.user.email, visit.clock)
                text = (
                    "Near real time is off: edits wait for the next job. Documents that are "
                    "already waiting are still sent. To stop them too, pause the sync."
                )
            visit.note(Action.CHANGED, f"near real time of {sender}", on=on)
    except Problem as problem:
        problems.say(request, problem)
    else:
        messages.success(request, text)
    return redirect(visit.url("flow", sender=sender))


def _turn_on(visit: Visit, sync: Sync) -> str:
    run = switch.turn_on(sync, visit.user.email, visit.clock)
    if run is None:
        return "Near real time was already on."
    tasks.enqueue(run)
    return (
        "Near real time is on: every edit from now on is sent automatically. "
        f"Run {run.pk} compares everything once, to catch edits made in the meantime."
    )


def upload_rules(request: HttpRequest, visit: Visit, sender: str) -> HttpResponseRedirect:
    """Take in the report of the partner's own rules (level 2)."""
    sync, report = sender_of(visit, sender), request.FILES.get("report")
    if report is None or (report.size or 0) > _LARGEST:
        why = f"larger than {_LARGEST // 1_000_000} MB" if report else "missing"
        messages.error(request, f"The file is {why}. Choose the report, then upload it.")
        return redirect(visit.url("flow", sender=sender))
    try:
        uploaded = rules_report.upload(sync, report.read(), visit.clock, visit.user.email)
    except Problem as problem:
        problems.say(request, problem)
    else:
        counts = {"rows": uploaded.rows, "resolved": uploaded.resolved}
        visit.note(Action.CHANGED, f"rules report of {sender}", **counts)
        messages.success(request, _upload_words(uploaded))
    return redirect(visit.url("flow", sender=sender))


def _upload_words(uploaded: rules_report.Uploaded) -> str:
    text = (
        f"The report has {uploaded.rows:,} problems about {uploaded.students:,} students: "
        f"{uploaded.opened:,} are new, {uploaded.continuing:,} are still open, "
        f"{uploaded.resolved:,} are resolved."
    )
    if uploaded.unreadable:
        text += f" {uploaded.unreadable:,} rows could not be read."
    if uploaded.strangers:
        text += f" {len(uploaded.strangers):,} rows are about students not in your records."
    return text


def mark_checked(request: HttpRequest, visit: Visit, sender: str) -> HttpResponseRedirect:
    """This person checked the problems on the partner's own pages."""
    try:
        rules_report.looked(sender_of(visit, sender), visit.clock, visit.user.email)
    except Problem as problem:
        problems.say(request, problem)
    else:
        visit.note(Action.CHANGED, f"rules report of {sender}", checked=True)
        messages.success(request, "Marked as checked by you.")
    return redirect(visit.url("flow", sender=sender))
