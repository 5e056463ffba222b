"""API tokens: made once, shown once, kept as a hash."""

import hashlib
import secrets
from datetime import datetime

from rollcall.access.models import ApiToken, User
from rollcall.access.roles import Role
from rollcall.engine.clock import Clock
from rollcall.records.models import District

_START = "rollcall_"
_SHOWN = len(_START) + 4


def make(
    user: User,
    district: District,
    role: Role,
    name: str,
    clock: Clock,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its text, which nobody can be shown again."""
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
    return token, text


def hashed(text: str) -> str:
    """What is kept of a token. 256 random bits need no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()
