"""Mails that wait, district by district and kind by kind: none waits for another."""

from rollcall.engine.alerts import alert_mail
from rollcall.engine.clock import Clock
from rollcall.engine.mail import completion_mail
from rollcall.engine.models import AlertMail, Mail, Run
from rollcall.engine.outbound.models import ProblemMail
from rollcall.engine.outbound.problems import problem_mail
from rollcall.engine.worker.isolation import apart


def districts_with_mail(clock: Clock) -> set[int]:
    """The districts, by their key, that have a mail whose time has come."""
    of_runs = completion_mail.due(Mail.objects.all(), clock).values_list("run__district", flat=True)
    alerts = completion_mail.due(AlertMail.objects.all(), clock).values_list(
        "alert__district", flat=True
    )
    live = completion_mail.due(ProblemMail.objects.all(), clock).values_list(
        "sync__district", flat=True
    )
    return {*of_runs, *alerts, *live}


def send_due(district: int, clock: Clock) -> None:
    """Try those mails of a district whose time has come."""
    waiting = completion_mail.due(Mail.objects.filter(run__district=district), clock)
    for run in Run.objects.filter(pk__in=waiting.values("run")).order_by("pk"):
        with apart("mails of a run", run=run.pk):
            completion_mail.send_due(run, clock)
    with apart("mails about alerts", district=district):
        alert_mail.send_due(clock, district)
    with apart("mails of near real time", district=district):
        problem_mail.send_due(clock, district)
