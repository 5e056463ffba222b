"""API tokens: made once, shown once, stored as a hash; what each can do is looked up each time."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from rollcall.access import audit
from rollcall.access.audit import Action
from rollcall.access.models import ApiToken, Membership, User
from rollcall.access.roles import Role
from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.engine.clock import Clock
from rollcall.records.models import District

_START = "rollcall_"
_SHOWN = len(_START) + 4
#: When a token was last used is written down this often at most.
_NOTED_EVERY = timedelta(minutes=1)
_ADMIN = "an admin of the district"

ROLE_ABOVE = Codes.add(
    "token.role_above",
    Severity.ERROR,
    "A token cannot do more than the person who makes it",
    "Choose your own role or one below it.",
    _ADMIN,
)
EXPIRED = Codes.add(
    "token.expiry_past",
    Severity.ERROR,
    "The token would have expired already",
    "Give a later day, or none.",
    _ADMIN,
)
UNKNOWN = Codes.add(
    "token.unknown",
    Severity.ERROR,
    "The district has no token of that number, or it was revoked already",
    "Look at the list of tokens.",
    _ADMIN,
)


@dataclass(frozen=True)
class Bearer:
    """Who asks with a token that is good now, and what they can do: no more than its owner."""

    token: ApiToken
    user: User
    district: District
    role: Role


def make(
    user: User,
    district: District,
    role: Role,
    name: str,
    clock: Clock,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its text, which nobody can be shown again.

    Problem token.role_above, token.expiry_past.
    """
    member = Membership.objects.filter(user=user, district=district).first()
    if member is None or not role.abilities <= Role(member.role).abilities:
        raise Problem(ROLE_ABOVE, str(role))
    if expires_at is not None and expires_at <= clock.now():
        raise Problem(EXPIRED)
    text = _START + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        district=district,
        role=str(role),
        name=name,
        start=text[:_SHOWN],
        sha256=hashed(text),
        created_at=clock.now(),
        expires_at=expires_at,
    )
    what = {"role": str(role), "start": token.start}
    audit.record(clock, user.email, Action.TOKEN_MADE, name, district=district, detail=what)
    return token, text


def hashed(text: str) -> str:
    """What is kept of a token. 256 random bits need no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()


def listed(district: District) -> QuerySet[ApiToken]:
    """The tokens of a district that were not revoked, the newest first; with `user`."""
    tokens = ApiToken.objects.filter(district=district, revoked_at=None)
    return tokens.select_related("user").order_by("-pk")


def revoke(district: District, number: int, clock: Clock, by: str) -> ApiToken:
    """Make a token useless at once. Problem token.unknown."""
    token = listed(district).filter(pk=number).first()
    if token is None:
        raise Problem(UNKNOWN, str(number))
    token.revoked_at = clock.now()
    token.save(update_fields=["revoked_at"])
    what = {"owner": token.user.email, "start": token.start}
    audit.record(clock, by, Action.TOKEN_REVOKED, token.name, district=district, detail=what)
    return token


def bearer(text: str, clock: Clock) -> Bearer | None:
    """Who a token speaks for now; None when it is unknown, revoked or expired, or its owner is no
    longer in the district. Two queries, and a third once a minute: when it was used.
    """
    tokens = ApiToken.objects.select_related("user", "district")
    token = tokens.filter(sha256=hashed(text), revoked_at=None, user__is_active=True).first()
    at = clock.now()
    if token is None or (token.expires_at is not None and token.expires_at <= at):
        return None
    member = Membership.objects.filter(user=token.user, district=token.district).first()
    if member is None:
        return None
    if token.used_at is None or at - token.used_at >= _NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(used_at=at)
    roles = (Role(token.role), Role(member.role))
    lesser = min(roles, key=lambda role: len(role.abilities))
    return Bearer(token, token.user, token.district, lesser)
