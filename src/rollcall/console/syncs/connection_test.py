"""The connection test: an ordered checklist, followed while a worker carries it out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from rollcall.console.frame.visit import Visit
from rollcall.console.syncs.sync_head import connection_of, sync_of
from rollcall.engine.clock import Clock
from rollcall.engine.connections import connection_checks
from rollcall.engine.models import Connection, ConnectionCheck, Sync
from rollcall.engine.worker import tasks
from rollcall.transports.check import StepState

#: After so many seconds without a start, the page says that workers may be missing.
_SLOW_SECONDS = 5
_OVER = ("ok", "failed")
_TONES = {
    StepState.WAITING: "quiet",
    StepState.RUNNING: "busy",
    StepState.OK: "good",
    StepState.FAILED: "bad",
    StepState.SKIPPED: "quiet",
}
_WORDS = {
    "waiting": ("Waiting for a worker", "busy"),
    "running": ("Testing", "busy"),
    "ok": ("All steps passed", "good"),
    "failed": ("Not all steps passed", "bad"),
}


@dataclass(frozen=True)
class Checked:
    """A connection test for the checklist. `steps`: (step, tone), in order."""

    check: ConnectionCheck
    word: str
    tone: str
    over: bool
    slow: bool
    steps: list[tuple[dict[str, Any], str]]
    newest: dict[str, Any] | None

    @property
    def mark(self) -> str:
        """What a page that follows the test has seen; it changes when there is more to see."""
        states = "".join(step["state"][0] for step, _ in self.steps)
        return f"{self.word[0]}{'s' if self.slow else ''}-{states}"


def latest_tests(connections: Sequence[Connection], clock: Clock) -> dict[int | None, Checked]:
    """The last test of each connection that was tested, by the connection's number."""
    checks = ConnectionCheck.objects.filter(connection__in=connections)
    newest = checks.order_by("connection", "-pk").distinct("connection")
    return {check.connection_id: checked(check, clock) for check in newest}


def checked(check: ConnectionCheck, clock: Clock) -> Checked:
    """A test for the checklist."""
    status = connection_checks.as_json(check, clock)
    word, tone = _WORDS[status["state"]]
    waited = (clock.now() - check.created_at).total_seconds()
    return Checked(
        check=check,
        word=word,
        tone=tone,
        over=status["state"] in _OVER,
        slow=status["state"] == "waiting" and waited > _SLOW_SECONDS,
        steps=[(step, _TONES[step["state"]]) for step in status["steps"]],
        newest=status["newest"],
    )


def connection_test(request: HttpRequest, visit: Visit, check: int) -> HttpResponse:
    """A test of this district; the checklist alone for a page that follows it."""
    checks = ConnectionCheck.objects.select_related("connection")
    if (stored := checks.filter(pk=check, district=visit.district).first()) is None:
        raise Http404
    test = checked(stored, visit.clock)
    if _wants_part(request) and request.GET.get("seen") == test.mark:
        return HttpResponse(status=204)  # htmx leaves the page as it is: nothing is read out again
    syncs = Sync.objects.filter(connection=stored.connection) if stored.connection else []
    template = "parts/checklist.html" if _wants_part(request) else "connection_test.html"
    return render(request, f"syncs/{template}", {"checked": test, "syncs": syncs})


def test_of_sync(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """Start a test of the sync's connection."""
    sync = sync_of(visit, name)
    if sync.connection is None:
        messages.error(request, f"{name} has no connection to test. Its files are uploaded.")
        return redirect(visit.url("sync", name=name))
    return _start(request, visit, sync.connection)


def test_of_connection(request: HttpRequest, visit: Visit, connection: str) -> HttpResponse:
    """Start a test of a connection as it is saved."""
    return _start(request, visit, connection_of(visit, connection))


def _start(request: HttpRequest, visit: Visit, connection: Connection) -> HttpResponse:
    with transaction.atomic():
        check = connection_checks.begin(connection, visit.user.email, visit.clock)
        return follow(request, visit, check)


def follow(request: HttpRequest, visit: Visit, check: ConnectionCheck) -> HttpResponse:
    """Have a test carried out, and show its progress: in the page that asked, or on its own."""
    tasks.enqueue_check(check)
    if _wants_part(request):
        context = {"checked": checked(check, visit.clock)}
        return render(request, "syncs/parts/checklist.html", context)
    return redirect(visit.url("connection-test", check=check.pk))


def _wants_part(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
