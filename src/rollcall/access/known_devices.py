"""Devices a person signed in on: a cookie, signed and bound to them and to their password.

Tries with it are counted apart (`access.sign_in_limits`), so that a stranger who guesses cannot
slow down the person. It lets nobody in.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from rollcall.access.models import User

COOKIE = "known_device"
LASTS = timedelta(days=180)
_SALT = "rollcall.known_device"
#: People who can share a device: so many are remembered, the last ones.
_PEOPLE = 5

_Known = tuple[int, str, str]  # the person, what changes with their password, the device


def device(request: HttpRequest, user: User | None) -> str:
    """The device a request comes from, when it is one this person signed in on; "" if not."""
    if user is None:
        return ""
    for number, bound, name in _read(request):
        if number == user.pk and constant_time_compare(bound, _bound(user)):
            return f"{number} {name}"
    return ""


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Make this a device the person is known on; call it when they signed in, or changed their
    password here.
    """
    other_people = [person for person in _read(request) if person[0] != user.pk]
    person = [*other_people, (user.pk, _bound(user), secrets.token_urlsafe(16))][-_PEOPLE:]
    response.set_cookie(
        COOKIE,
        signing.dumps(person, salt=_SALT),
        max_age=LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> list[_Known]:
    try:
        entries = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=LASTS)
    except signing.BadSignature:
        return []
    return [(number, bound, name) for number, bound, name in entries]


def _bound(user: User) -> str:
    """What is different after every change of the password, and does not reveal it."""
    return salted_hmac(_SALT, f"{user.pk} {user.password}", algorithm="sha256").hexdigest()
