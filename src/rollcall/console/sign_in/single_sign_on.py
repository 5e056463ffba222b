"""Single sign-on: to the server and back; and a person's own page of their links."""

from dataclasses import asdict, dataclass
from datetime import timedelta

import structlog
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from rollcall.access import openid, single_sign_on
from rollcall.access.models import User
from rollcall.access.openid import Away, Server, Started
from rollcall.access.single_sign_on import Reason, Refused
from rollcall.console.frame import problems, routes
from rollcall.console.sign_in.recently_confirmed import confirmed
from rollcall.core.problems import Problem
from rollcall.core.sign_in.identity import Unproven

log = structlog.get_logger()

_SESSION = "single_sign_on"  # in the session: the errands that are not back yet
_LASTS = timedelta(minutes=10)
_MOST_ERRANDS = 10


@dataclass(frozen=True)
class _Errand:
    """One browser sent to the server. `next`: where the person was going; `confirms`: the person
    who confirms that it is them, None to sign in.
    """

    state: str
    nonce: str
    verifier: str
    next: str
    confirms: int | None
    at: float


@never_cache
@require_safe
def login(request: HttpRequest) -> HttpResponse:
    """To the server, to sign in; the address serves nothing else."""
    server = _server()
    if request.GET.get("process", "login") != "login":
        return _refusal(request, Reason.NOT_A_SIGN_IN)
    if request.user.is_authenticated:
        return redirect(_next(request))
    return _send(request, server)


@never_cache
@require_safe
def confirm(request: HttpRequest) -> HttpResponse:
    """To the server, to sign in there again: for people without a password to confirm with."""
    server = _server()
    if not isinstance(request.user, User):
        return redirect_to_login(request.path)
    return _send(request, server, request.user)


@never_cache
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """Back from the server: signed in, or a page that says why not."""
    server = _server()
    errand = _take(request)
    if errand is not None and request.GET.get("error") == "access_denied":
        return render(request, "sign_in/sign_on_canceled.html")
    try:
        return _finish(request, server, errand)
    except (Refused, Unproven, Away) as error:
        return _refusal(request, _reason(error))


def links(request: HttpRequest, user: User) -> HttpResponse:
    """A person's links."""
    context = {"links": single_sign_on.links(user), "server": openid.server()}
    return render(request, "sign_in/single_sign_on.html", context)


@confirmed
def release(request: HttpRequest, user: User) -> HttpResponse:
    """Ask, and remove a person's links."""
    if request.method != "POST":
        return render(request, "sign_in/single_sign_on_release.html")
    try:
        single_sign_on.release(user, routes.clock, user.email, but=request.session.session_key)
    except Problem as problem:
        problems.say(request, problem)
    else:
        messages.success(request, "Link removed. All your other sessions were signed out.")
    return redirect("single-sign-on")


def _server() -> Server:
    if (server := openid.server()) is None:
        raise Http404
    return server


def _next(request: HttpRequest) -> str:
    """Where the person was going: always an address of ours."""
    address = request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if ours else reverse("start")


def _callback_address() -> str:
    """By the settings, not by the host of the request: the server sends people there."""
    return f"{settings.ROLLCALL_URL}{reverse('single-sign-on-callback')}"


def _send(request: HttpRequest, server: Server, confirms: User | None = None) -> HttpResponse:
    """Send the browser to the server."""
    try:
        address, started = openid.start(server, _callback_address(), again=confirms is not None)
    except (Unproven, Away) as error:
        return _refusal(request, _reason(error))
    errand = _Errand(
        **asdict(started),
        next=_next(request),
        confirms=confirms.pk if confirms else None,
        at=routes.clock.now().timestamp(),
    )
    request.session[_SESSION] = [*_awaited(request), asdict(errand)][-_MOST_ERRANDS:]
    return HttpResponseRedirect(address)


def _awaited(request: HttpRequest) -> list[dict[str, object]]:
    since = (routes.clock.now() - _LASTS).timestamp()
    return [errand for errand in request.session.get(_SESSION, []) if errand["at"] > since]


def _take(request: HttpRequest) -> _Errand | None:
    """The errand this browser comes back from, which ends with it; None for one it was not on."""
    awaited, state = _awaited(request), request.GET.get("state")
    errand = next((errand for errand in awaited if errand["state"] == state), None)
    if errand is None:
        return None
    request.session[_SESSION] = [errand for errand in awaited if errand["state"] != state]
    return _Errand(**errand)  # type: ignore[arg-type]  # as it was stored


def _reason(error: Refused | Unproven | Away) -> Reason:
    """Why a sign-on is refused; what the server did wrong goes to the log."""
    if isinstance(error, Refused):
        return error.reason
    log.warning("single sign-on refused", code=str(error))
    return Reason.UNPROVEN if isinstance(error, Unproven) else Reason.AWAY


def _finish(request: HttpRequest, server: Server, errand: _Errand | None) -> HttpResponse:
    if errand is None:
        raise Refused(Reason.NOT_STARTED)
    if "error" in request.GET or "code" not in request.GET:
        raise Refused(Reason.DENIED)
    if request.GET.get("iss", server.issuer).rstrip("/") != server.issuer:
        raise Unproven("callback: iss")
    started = Started(errand.state, errand.nonce, errand.verifier)
    code = request.GET["code"]
    identity = openid.finish(server, started, code, _callback_address(), routes.clock)
    if errand.confirms is None:
        return single_sign_on.sign_in(request, identity, errand.next, routes.clock)
    if not isinstance(request.user, User) or request.user.pk != errand.confirms:
        raise Refused(Reason.NOT_STARTED)
    single_sign_on.confirm(request, request.user, identity, routes.clock)
    return redirect(errand.next)


def _refusal(request: HttpRequest, reason: Reason) -> HttpResponse:
    if reason is Reason.NOT_INVITED:
        return render(request, "account/signup_closed.html", status=403)
    return render(request, "sign_in/sign_on_refused.html", {"reason": reason}, status=403)
