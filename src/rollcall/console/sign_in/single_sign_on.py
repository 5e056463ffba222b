"""Single sign-on: off to the server and back; and a person's own page of the links it made."""

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

_KEPT = "single_sign_on"  # in the session: what was sent to the server and is awaited back
_LASTS = timedelta(minutes=10)
_MOST = 10


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
    """Off to the server, to sign in: that and nothing else is what it is for."""
    server = _server()
    if request.GET.get("process", "login") != "login":
        return _refusal(request, Reason.NOT_A_SIGN_IN)
    if request.user.is_authenticated:
        return redirect(_next(request))
    return _off(request, server)


@never_cache
@require_safe
def confirm(request: HttpRequest) -> HttpResponse:
    """Off to the server, to sign in there again: for whoever has no password to confirm with."""
    server = _server()
    if not isinstance(request.user, User):
        return redirect_to_login(request.path)
    return _off(request, server, request.user)


@never_cache
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """Back from the server: in, or told why not."""
    server = _server()
    errand = _take(request)
    if errand is not None and request.GET.get("error") == "access_denied":
        return render(request, "sign_in/sign_on_canceled.html")
    try:
        return _back(request, server, errand)
    except Refused as refused:
        return _refusal(request, refused.reason)
    except Unproven as unproven:
        log.warning("single sign-on refused", code=str(unproven))
        return _refusal(request, Reason.UNPROVEN)
    except Away as away:
        log.warning("single sign-on refused", code=str(away))
        return _refusal(request, Reason.AWAY)


def links(request: HttpRequest, user: User) -> HttpResponse:
    """A person's links."""
    shown = {"links": single_sign_on.links(user), "server": openid.server()}
    return render(request, "sign_in/single_sign_on.html", shown)


@confirmed
def release(request: HttpRequest, user: User) -> HttpResponse:
    """Ask, and remove a person's links."""
    if request.method != "POST":
        return render(request, "sign_in/single_sign_on_release.html")
    try:
        kept = request.session.session_key
        single_sign_on.release(user, routes.clock, user.email, but=kept)
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
    """Where the person was going: an address of ours, whatever was asked for."""
    said = request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(said, allowed_hosts=None)
    return said if ours else reverse("start")


def _callback_address() -> str:
    """Of the settings, whatever host the request named: the server sends people there."""
    return f"{settings.ROLLCALL_URL}{reverse('single-sign-on-callback')}"


def _off(request: HttpRequest, server: Server, confirms: User | None = None) -> HttpResponse:
    """Send the browser to the server."""
    try:
        address, started = openid.start(server, _callback_address(), again=confirms is not None)
    except Unproven as unproven:
        log.warning("single sign-on refused", code=str(unproven))
        return _refusal(request, Reason.UNPROVEN)
    except Away as away:
        log.warning("single sign-on refused", code=str(away))
        return _refusal(request, Reason.AWAY)
    now = routes.clock.now().timestamp()
    errand = _Errand(
        **asdict(started), next=_next(request), confirms=confirms.pk if confirms else None, at=now
    )
    request.session[_KEPT] = [*_awaited(request), asdict(errand)][-_MOST:]
    return HttpResponseRedirect(address)


def _awaited(request: HttpRequest) -> list[dict[str, object]]:
    since = (routes.clock.now() - _LASTS).timestamp()
    return [errand for errand in request.session.get(_KEPT, []) if errand["at"] > since]


def _take(request: HttpRequest) -> _Errand | None:
    """The errand this browser comes back from, which ends with it; None for one it was not on."""
    awaited = _awaited(request)
    found = [errand for errand in awaited if errand["state"] == request.GET.get("state")]
    if not found:
        return None
    request.session[_KEPT] = [errand for errand in awaited if errand not in found]
    return _Errand(**found[0])  # type: ignore[arg-type]  # as it was put there


def _back(request: HttpRequest, server: Server, errand: _Errand | None) -> HttpResponse:
    if errand is None:
        raise Refused(Reason.NOT_STARTED)
    if "error" in request.GET or "code" not in request.GET:
        raise Refused(Reason.DENIED)
    if request.GET.get("iss", server.issuer).rstrip("/") != server.issuer:
        raise Unproven("callback: iss")
    started = Started(errand.state, errand.nonce, errand.verifier)
    code = request.GET["code"]
    who = openid.finish(server, started, code, _callback_address(), routes.clock)
    if errand.confirms is None:
        return single_sign_on.sign_in(request, who, errand.next, routes.clock)
    if not isinstance(request.user, User) or request.user.pk != errand.confirms:
        raise Refused(Reason.NOT_STARTED)
    single_sign_on.confirm(request, request.user, who, routes.clock)
    return redirect(errand.next)


def _refusal(request: HttpRequest, reason: Reason) -> HttpResponse:
    if reason is Reason.NOT_INVITED:
        return render(request, "account/signup_closed.html", status=403)
    return render(request, "sign_in/sign_on_refused.html", {"reason": reason}, status=403)
