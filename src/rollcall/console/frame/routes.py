"""Addresses, and who can use them: denied unless declared.

A page of a district is declared with `page`, one of a person's own with `own_page`. Both wrap the
view, so that it runs only for those it is for. `deny_undeclared`, a middleware, refuses every view
that was declared with neither and is not named in OPEN. A test tries every route with every role.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from rollcall.access import concurrency_limits
from rollcall.access.models import Membership, User
from rollcall.access.roles import Ability, Role
from rollcall.console.frame import request_values  # noqa: F401 - the kinds of address parts
from rollcall.console.frame.visit import Visit
from rollcall.engine.clock import Clock, SystemClock

#: A view of a district's page: (request, visit, the address's parts by name).
View = Callable[Concatenate[HttpRequest, Visit, ...], HttpResponseBase]
#: A view of a person's own page, in no district.
OwnView = Callable[Concatenate[HttpRequest, User, ...], HttpResponseBase]

GET, POST = "GET", "POST"
#: The clock every visit is given; tests set another.
clock: Clock = SystemClock()

#: Views that decide themselves: the health check, the first start, and those of django-allauth.
OPEN = frozenset(
    {
        "health",
        "first-start",
        "account_login",
        "account_logout",
        "account_inactive",
        "account_reauthenticate",
        "account_change_password",
        "account_set_password",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "mfa_index",
        "mfa_authenticate",
        "mfa_reauthenticate",
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
        "single-sign-on-login",
        "single-sign-on-callback",
        "single-sign-on-confirm",
    }
)
#: Namespaces whose routes are declared and tested elsewhere, such as the API's.
ELSEWHERE: frozenset[str] = frozenset({"api"})


@dataclass(frozen=True)
class Declared:
    """What was declared about a route. `needs` None: any person who is signed in."""

    needs: Ability | None
    methods: tuple[str, ...]


def page(
    route: str, view: View, *, name: str, needs: Ability, methods: Sequence[str] = (GET,)
) -> URLPattern:
    """A route below /d/<district>/ for members of that district with the ability `needs`.

    A stranger to the district gets 404, as if it did not exist; a member without the ability 403;
    who is not signed in is sent to the sign-in. `methods`: GET alone, or what a form needs.
    """
    allowing = _allowing(view, methods)

    def guarded(
        request: HttpRequest, user: User, *, district: str, **parts: Any
    ) -> HttpResponseBase:
        memberships = Membership.objects.select_related("district").filter(user=user)
        if (member := memberships.filter(district__code=district).first()) is None:
            raise Http404
        visit = Visit(user, member.district, Role(member.role), clock)
        request.visit = visit  # type: ignore[attr-defined]  # for the base template
        if not visit.may(needs):
            raise PermissionDenied
        return allowing(request, visit, **parts)

    declaration = Declared(needs, tuple(methods))
    return path(f"d/<name:district>/{route}", _signed_in(guarded, view, declaration), name=name)


def pages_for(needs: Ability, default: str = GET) -> Callable[..., URLPattern]:
    """A function that declares pages for one ability: (route, view, name, *methods)."""

    def declare(route: str, view: View, name: str, *methods: str) -> URLPattern:
        return page(route, view, name=name, needs=needs, methods=methods or (default,))

    return declare


def own_page(
    route: str, view: OwnView, *, name: str, methods: Sequence[str] = (GET,)
) -> URLPattern:
    """A route for any person who is signed in, in no district."""
    declaration = Declared(None, tuple(methods))
    return path(route, _signed_in(_allowing(view, methods), view, declaration), name=name)


def declared(view: object) -> Declared | None:
    """What was declared about a view; None when nothing was."""
    return getattr(view, "declared", None)


class DenyUndeclared:
    """The middleware that refuses a view that was not declared: a forgotten page is closed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: object, *_: Any) -> None:
        """PermissionDenied for a view that nothing protects."""
        match = request.resolver_match
        own = match is not None and (
            match.view_name in OPEN or bool(ELSEWHERE.intersection(match.namespaces))
        )
        if declared(view) is None and not own:
            raise PermissionDenied


def _allowing(
    view: Callable[..., HttpResponseBase], methods: Sequence[str]
) -> Callable[..., HttpResponseBase]:
    """The view for its methods: 405 for all others."""
    return require_http_methods([*methods, "HEAD"] if GET in methods else [*methods])(view)


def _signed_in(
    guarded: OwnView, view: object, declaration: Declared
) -> Callable[..., HttpResponseBase]:
    """The view behind a sign-in, and never kept by a cache."""

    @never_cache
    @wraps(view)  # type: ignore[arg-type]  # any view has a name and a text
    def answer(request: HttpRequest, **parts: Any) -> HttpResponseBase:
        if not isinstance(request.user, User):
            if request.headers.get("HX-Request"):
                return HttpResponseClientRedirect(reverse("account_login"))
            readable = request.method in (GET, "HEAD")
            return redirect_to_login(request.get_full_path() if readable else "/")
        try:
            concurrency_limits.count_request(request, f"session {request.session.session_key}")
            response = guarded(request, request.user, **parts)
            concurrency_limits.count_download(request, response)
        except concurrency_limits.TooMany as problem:
            response = render(request, "frame/too_many.html", {"problem": problem}, status=429)
            response["Retry-After"] = concurrency_limits.RETRY_AFTER
        return response

    answer.declared = declaration  # type: ignore[attr-defined]  # read by `declared`
    return answer
