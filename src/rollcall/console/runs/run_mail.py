"""The mail of a run: what it says, to whom it went, and what became of it."""

from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_frame import frame, run_of, test_mark
from rollcall.core.findings import Codes, FindingCode
from rollcall.engine.mail import completion_mail
from rollcall.engine.models import Mail
from rollcall.engine.runs.run_timing import live

_HEADER = ("To", "State", "Sent", "Tried", "Code")


def mail(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """The run's completion mail."""
    run = run_of(visit, number)
    over = live(run, visit.clock).over
    without_files = run.mails.filter(without_files=True).exists()
    shown = {
        **frame(visit, run, "run-mail"),
        "mails": [_shown(one) for one in run.mails.order_by("recipient")],
        "subject": completion_mail.subject(run) if over else "",
        "body": completion_mail.body(run, without_files=without_files) if over else "",
        "csv": visit.url("run-mail-csv", number=number),
    }
    return render(request, "runs/run_mail.html", shown)


def mail_csv(request: HttpRequest, visit: Visit, number: int) -> StreamingHttpResponse:
    """To whom it went, as CSV."""
    run = run_of(visit, number)
    rows = [
        (one.recipient, _word(one)[0], one.sent_at, one.attempts, one.error_code)
        for one in run.mails.order_by("recipient")
    ]
    return csv_file(visit, f"{test_mark(run)}run_{number}_mail", _HEADER, rows)


def _shown(one: Mail) -> dict[str, Any]:
    word, tone = _word(one)
    return {"mail": one, "word": word, "tone": tone, "problem": _problem(one)}


def _word(one: Mail) -> tuple[str, str]:
    if one.sent_at is not None:
        return "Sent", "good"
    if one.next_attempt is None:
        return "Given up", "bad"
    return ("To be tried again", "attention") if one.attempts else ("On its way", "busy")


def _problem(one: Mail) -> FindingCode | None:
    return Codes.get(one.error_code) if one.error_code else None
