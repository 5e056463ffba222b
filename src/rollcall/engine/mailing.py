"""Mails that wait, district by district and kind by kind: none waits for another."""

from rollcall.engine import alert_mail, notifying
from rollcall.engine.apart import apart
from rollcall.engine.clock import Clock
from rollcall.engine.models import AlertMail, Mail, Run
from rollcall.engine.outbound import problem_mail
from rollcall.engine.outbound.models import ProblemMail


def districts_with_mail(clock: Clock) -> set[int]:
    """The districts, by their key, that have a mail whose time has come."""
    of_runs = notifying.due(Mail.objects.all(), clock).values_list("run__district", flat=True)
    alerts = notifying.due(AlertMail.objects.all(), clock).values_list("alert__district", flat=True)
    live = notifying.due(ProblemMail.objects.all(), clock).values_list("sync__district", flat=True)
    return {*of_runs, *alerts, *live}


def send_due(district: int, clock: Clock) -> None:
    """Try those mails of a district whose time has come."""
    waiting = notifying.due(Mail.objects.filter(run__district=district), clock)
    for run in Run.objects.filter(pk__in=waiting.values("run")).order_by("pk"):
        with apart("mails of a run", run=run.pk):
            notifying.send_due(run, clock)
    with apart("mails about alerts", district=district):
        alert_mail.send_due(clock, district)
    with apart("mails of near real time", district=district):
        problem_mail.send_due(clock, district)
