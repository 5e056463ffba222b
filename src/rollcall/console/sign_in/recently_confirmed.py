"""Views that change how a person signs in: only minutes after the person confirmed who they are.

django-allauth does the same, but not for people without a password, who have to sign in again.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from urllib.parse import urlencode

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from rollcall.access.models import User
from rollcall.console.frame import routes

_View = Callable[Concatenate[HttpRequest, ...], HttpResponseBase]


def confirmed(view: _View) -> _View:
    """The view; before it the person gives their password, a code, or signs in again.

    What was posted is not stored in between: it could be a password.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **parts: Any) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return redirect_to_login(request.path)
        adapter = get_adapter(request)
        methods = adapter.get_reauthentication_methods(request.user)
        since = routes.clock.now().timestamp() - app_settings.REAUTHENTICATION_TIMEOUT
        if any(
            record["at"] > since and (record.get("reauthenticated") or not methods)
            for record in get_authentication_records(request, request.user)
        ):
            return view(request, *args, **parts)
        if methods:
            return redirect(f"{methods[0]['url']}?{urlencode({'next': request.path})}")
        adapter.logout(request)
        return redirect_to_login(request.path)

    return answer
