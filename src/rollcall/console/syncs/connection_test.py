"""The connection test: an ordered checklist, followed while a worker carries it out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from rollcall.console.frame.visit import Visit
from rollcall.console.syncs.sync_frame import connection_of, sync_of
from rollcall.engine.clock import Clock
from rollcall.engine.connections import connection_checks
from rollcall.engine.models import Connection, ConnectionCheck, Sync
from rollcall.engine.worker import tasks
from rollcall.transports.check import StepState

#: Seconds after which a test that nobody has begun wants a word about workers.
_LONG = 5
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
    """A connection test as the checklist shows it. `steps`: (step, tone), in order."""

    made: ConnectionCheck
    word: str
    tone: str
    over: bool
    slow: bool
    steps: list[tuple[dict[str, Any], str]]
    newest: dict[str, Any] | None

    @property
    def mark(self) -> str:
        """What a page that follows the test has seen of it: another when there is more to see."""
        states = "".join(step["state"][0] for step, _ in self.steps)
        return f"{self.word[0]}{'s' if self.slow else ''}-{states}"


def latest(connection: Connection, clock: Clock) -> Checked | None:
    """The last test of a connection; None when there was none."""
    return latest_of([connection], clock).get(connection.pk)


def latest_of(connections: Sequence[Connection], clock: Clock) -> dict[int, Checked]:
    """The last test of each connection that was tested, by the connection's number."""
    found = ConnectionCheck.objects.filter(connection__in=connections)
    newest = found.order_by("connection", "-pk").distinct("connection")
    return {made.connection_id: checked(made, clock) for made in newest if made.connection_id}


def checked(made: ConnectionCheck, clock: Clock) -> Checked:
    """A test for the checklist."""
    told = connection_checks.as_json(made, clock)
    word, tone = _WORDS[told["state"]]
    waited = (clock.now() - made.created_at).total_seconds()
    return Checked(
        made=made,
        word=word,
        tone=tone,
        over=told["state"] in _OVER,
        slow=told["state"] == "waiting" and waited > _LONG,
        steps=[(step, _TONES[step["state"]]) for step in told["steps"]],
        newest=told["newest"],
    )


def connection_test(request: HttpRequest, visit: Visit, check: int) -> HttpResponse:
    """A test of this district; the checklist alone for a page that follows it."""
    found = ConnectionCheck.objects.select_related("connection")
    if (made := found.filter(pk=check, district=visit.district).first()) is None:
        raise Http404
    told = checked(made, visit.clock)
    if _of_a_page(request) and request.GET.get("seen") == told.mark:
        return HttpResponse(status=204)  # htmx leaves the page as it is: nothing is read out again
    syncs = Sync.objects.filter(connection=made.connection) if made.connection else []
    shown = {"checked": told, "syncs": syncs}
    part = "parts/checklist.html" if _of_a_page(request) else "connection_test.html"
    return render(request, f"syncs/{part}", shown)


def test_of_sync(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """Begin a test of the sync's connection."""
    sync = sync_of(visit, name)
    if sync.connection is None:
        messages.error(request, f"{name} has no connection: its files are uploaded.")
        return redirect(visit.url("sync", name=name))
    return _begin(request, visit, sync.connection)


def test_of_connection(request: HttpRequest, visit: Visit, connection: str) -> HttpResponse:
    """Begin a test of a connection as it is saved."""
    return _begin(request, visit, connection_of(visit, connection))


@transaction.atomic
def _begin(request: HttpRequest, visit: Visit, connection: Connection) -> HttpResponse:
    made = connection_checks.begin(connection, visit.user.email, visit.clock)
    return follow(request, visit, made)


def follow(request: HttpRequest, visit: Visit, made: ConnectionCheck) -> HttpResponse:
    """Have a test carried out, and show how it goes: in the page that asked, or on its own."""
    tasks.enqueue_check(made)
    if _of_a_page(request):
        shown = {"checked": checked(made, visit.clock)}
        return render(request, "syncs/parts/checklist.html", shown)
    return redirect(visit.url("connection-test", check=made.pk))


def _of_a_page(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
