"""Who a person is by what an OpenID Connect server says of them, none of which is believed unseen.

The signature of the ID token was checked before (`access.openid`). OpenID Connect Core 1.0, 2,
3.1.3.7 and 5.3.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from math import isfinite

Claims = Mapping[str, object]

#: How far the server's clock may be off.
_LEEWAY = timedelta(minutes=2)
#: Letters of a `sub`: as many as are stored.
_LONGEST_SUBJECT = 191
_LONGEST_EMAIL = 254


class Unproven(Exception):
    """What the server said does not prove who a person is. The text names what was wrong with it,
    and has nothing of what the server said.
    """


@dataclass(frozen=True)
class Expected:
    """What an ID token has to say: who issued it, for which client, to which request, and when."""

    issuer: str
    client_id: str
    nonce: str
    checked_at: datetime


@dataclass(frozen=True)
class Identity:
    """A person at a server. `email` is "" when it gave none that can be used; `verified`: it
    vouches for it. `signed_in_at`: seconds since 1970, when it said so.
    """

    issuer: str
    subject: str
    email: str
    verified: bool
    signed_in_at: float | None


def identity(token: Claims, user_info: Claims, expected: Expected, trust_email: bool) -> Identity:
    """The person of an ID token's claims and of what the server told besides (userinfo; {} if it
    has none). `trust_email`: addresses count unless the server says otherwise. Unproven.
    """
    _issued(token, expected)
    subject = _subject(token)
    if user_info and _subject(user_info) != subject:
        raise Unproven("userinfo: another sub")
    source = user_info if "email" in user_info else token
    email = "" if source.get("email") is None else source["email"]
    if not isinstance(email, str):
        raise Unproven("email")
    # Letters of other alphabets may become plain ones when they are made small.
    usable = email.isascii() and email.isprintable() and len(email) <= _LONGEST_EMAIL
    email = email.lower() if usable else ""
    verified = is_true(source.get("email_verified", trust_email))
    signed_in_at = _seconds(token, "auth_time") if token.get("auth_time") is not None else None
    return Identity(expected.issuer, subject, email, verified and bool(email), signed_in_at)


def is_true(claim: object) -> bool:
    """Whether a claim says yes: true, or "true", which some servers write. All else does not."""
    return claim is True or claim == "true"


def _issued(token: Claims, expected: Expected) -> None:
    if token.get("iss") != expected.issuer:
        raise Unproven("id_token: iss")
    # The token is for this client; when it is for others too, it was given to this one.
    client_id = expected.client_id
    audience = token.get("aud")
    names = audience if isinstance(audience, list) else [audience]
    party = token.get("azp", client_id if names == [client_id] else None)
    if client_id not in names or party != client_id:
        raise Unproven("id_token: aud")
    nonce = token.get("nonce")
    if not isinstance(nonce, str) or not compare_digest(_bytes(nonce), _bytes(expected.nonce)):
        raise Unproven("id_token: nonce")
    if _seconds(token, "exp") <= (expected.checked_at - _LEEWAY).timestamp():
        raise Unproven("id_token: exp")
    if _seconds(token, "iat") > (expected.checked_at + _LEEWAY).timestamp():
        raise Unproven("id_token: iat")


def _seconds(token: Claims, name: str) -> float:
    value = token.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unproven(f"id_token: {name}")
    if isinstance(value, float) and not isfinite(value):
        raise Unproven(f"id_token: {name}")
    return value


def _subject(claims: Claims) -> str:
    """A person's name at the server: plain letters that can be stored as they are."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise Unproven("sub")
    if not (subject.isascii() and subject.isprintable()):
        raise Unproven("sub")
    return subject


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
