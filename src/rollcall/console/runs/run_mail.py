"""The mail of a run: what it says, to whom it went, and whether it arrived."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_head import file_prefix, head, run_of
from rollcall.core.findings import Codes
from rollcall.engine.mail import completion_mail
from rollcall.engine.models import Mail
from rollcall.engine.runs.run_timing import live

_HEADER = ("To", "State", "Sent", "Attempts", "Code")


def mail(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """The run's completion mail."""
    run = run_of(visit, number)
    over = live(run, visit.clock).over
    without_files = run.mails.filter(without_files=True).exists()
    mails = []
    for mail in run.mails.order_by("recipient"):
        word, tone = _word(mail)
        problem = Codes.get(mail.error_code) if mail.error_code else None
        mails.append({"mail": mail, "word": word, "tone": tone, "problem": problem})
    context = {
        **head(visit, run, "run-mail"),
        "mails": mails,
        "subject": completion_mail.subject(run) if over else "",
        "body": completion_mail.body(run, without_files=without_files) if over else "",
        "csv": visit.url("run-mail-csv", number=number),
    }
    return render(request, "runs/run_mail.html", context)


def mail_csv(request: HttpRequest, visit: Visit, number: int) -> StreamingHttpResponse:
    """To whom it went, as CSV."""
    run = run_of(visit, number)
    rows = [
        (mail.recipient, _word(mail)[0], mail.sent_at, mail.attempts, mail.error_code)
        for mail in run.mails.order_by("recipient")
    ]
    return csv_file(visit, f"{file_prefix(run)}_mail", _HEADER, rows)


def _word(mail: Mail) -> tuple[str, str]:
    if mail.sent_at is not None:
        return "Sent", "good"
    if mail.next_attempt is None:
        return "Failed", "bad"
    return ("Will retry", "attention") if mail.attempts else ("Sending", "busy")
