"""Who can come in by single sign-on: whoever is linked, or invited by an address it vouches for.

A link ties a person here to one account of the sign-on server (`SocialAccount`: `provider` is the
server's issuer, `uid` its name for the account). There is one for a person and server, so that an
address that is given to someone else there does not open the account of the person before.
"""

from enum import StrEnum
from typing import Any

import structlog
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from rollcall.access import audit
from rollcall.access.audit import Action
from rollcall.access.models import User
from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.core.sign_in.identity import Identity
from rollcall.engine.clock import Clock

log = structlog.get_logger()

#: Seconds since the person signed in at the server, when they were asked to do so again.
_AGAIN_WITHIN = 300

NOT_LINKED = Codes.add(
    "people.not_linked",
    Severity.ERROR,
    "This person has no link to a sign-on server",
    "Nothing needs to be released: the next single sign-on makes a link.",
    "whoever runs Rollcall",
)


class Reason(StrEnum):
    """Why a single sign-on let no one in, in words for whoever tried."""

    NOT_STARTED = "This sign-in was not started in this browser, or more than ten minutes ago."
    AWAY = "The sign-on server of your organization cannot be reached."
    UNPROVEN = "The sign-on server of your organization gave an answer that proves nothing."
    DENIED = "The sign-on server of your organization reported an error."
    NOT_VERIFIED = (
        "The sign-on server of your organization does not confirm that the e-mail address is yours."
    )
    NOT_INVITED = "Nobody here has the e-mail address your organization has for you."
    LINKED = (
        "This address is linked to another account of your sign-on server. "
        "Ask whoever runs Rollcall to release it."
    )
    NOT_YOU = "You signed in there with an account that is not linked to yours."
    NOT_AGAIN = "The sign-on server of your organization did not ask you to sign in again."
    NOT_A_SIGN_IN = "This address is for signing in only."


class Refused(Exception):
    """A single sign-on that lets no one in."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(str(reason))


def links(user: User) -> list[SocialAccount]:
    """The links of a person, the newest first."""
    return list(SocialAccount.objects.filter(user=user).order_by("-pk"))


def sign_in(request: HttpRequest, who: Identity, after: str | None, clock: Clock) -> HttpResponse:
    """Sign in the person an identity is of, and nobody else: where that leads. Refused."""
    user = _person(who, clock)
    if request.user.is_authenticated:
        get_adapter(request).logout(request)
    _record(request, user, who)
    response: HttpResponse = perform_login(request, user, redirect_url=after)
    return response


def confirm(request: HttpRequest, user: User, who: Identity, clock: Clock) -> None:
    """Take a sign-in at the server as proof that it is still the person signed in here. Refused."""
    link = SocialAccount.objects.filter(user=user, provider=who.issuer, uid=who.subject)
    if not link.exists():
        raise Refused(Reason.NOT_YOU)
    if (at := who.signed_in_at) is not None and clock.now().timestamp() - at > _AGAIN_WITHIN:
        raise Refused(Reason.NOT_AGAIN)
    _record(request, user, who, reauthenticated=True)


def release(user: User, clock: Clock, by: str, *, but: str | None = None) -> None:
    """Remove a person's links, and end their sessions `but` one: the next sign-in by a verified
    address links anew. Problem people.not_linked.
    """
    with transaction.atomic():
        removed, _ = SocialAccount.objects.filter(user=user).delete()
        if not removed:
            raise Problem(NOT_LINKED, user.email)
        audit.record(clock, by, Action.SIGN_ON_RELEASED, user.email)
    for session in Session.objects.filter(expire_date__gt=clock.now()):
        # They are sealed, so all have to be looked at.
        if session.get_decoded().get(SESSION_KEY) == str(user.pk) and session.session_key != but:
            session.delete()


def _person(who: Identity, clock: Clock) -> User:
    """The person an identity is linked to, or invited by its address and linked now. Refused."""
    link = SocialAccount.objects.filter(provider=who.issuer, uid=who.subject)
    if (account := link.select_related("user").first()) is not None:
        account.save()  # when it was last used
        user: User = account.user
        return user
    if not who.verified:
        raise Refused(Reason.NOT_VERIFIED)
    return _link(who, clock)


def _link(who: Identity, clock: Clock) -> User:
    with transaction.atomic():
        # Locked, so that of two accounts that come at once one is linked.
        user = User.objects.select_for_update().filter(email=who.email).first()
        if user is None:
            raise Refused(Reason.NOT_INVITED)
        linked = SocialAccount.objects.filter(user=user, provider=who.issuer).exists()
        if not linked:
            claims = {"sub": who.subject, "email": who.email}
            SocialAccount.objects.create(
                user=user, provider=who.issuer, uid=who.subject, extra_data=claims
            )
    detail = {"server": who.issuer, "account": who.subject}
    action = Action.SIGN_ON_REFUSED if linked else Action.SIGN_ON_LINKED
    audit.record(clock, user.email, action, user.email, detail=detail)
    if linked:
        raise Refused(Reason.LINKED)
    return user


def _record(request: HttpRequest, user: User, who: Identity, **more: Any) -> None:
    """Note in the session how the person proved who they are, as django-allauth does."""
    record_authentication(
        request, user, "socialaccount", provider=who.issuer, uid=who.subject, **more
    )
