"""What a person searched for, as a token that an address can carry: sealed, theirs, short-lived.

Student data must not be in an address, which browsers, logs and proxies keep. A search is posted;
its results have a token in their address that only this installation can open.
"""

from cryptography.fernet import Fernet, InvalidToken

from rollcall import keys
from rollcall.console.frame.visit import Visit

#: How long a token can be opened, in seconds: a working day, as a session.
LASTS = 10 * 3600


def token_of(visit: Visit, text: str) -> str:
    """A token for what this person searched for in this district."""
    seconds = int(visit.clock.now().timestamp())
    sealed = _box().encrypt_at_time(f"{_owner(visit)}{text}".encode(), seconds)
    return sealed.decode("ascii").rstrip("=")


def text_of(visit: Visit, token: str) -> str | None:
    """What was searched for; None when the token has expired, is another person's, or invalid."""
    seconds = int(visit.clock.now().timestamp())
    padded = token + "=" * (-len(token) % 4)
    try:
        text = _box().decrypt_at_time(padded.encode(), LASTS, seconds).decode()
    except InvalidToken:
        return None
    owner = _owner(visit)
    return text.removeprefix(owner) if text.startswith(owner) else None


def _owner(visit: Visit) -> str:
    return f"{visit.district.pk} {visit.user.pk}\n"


def _box() -> Fernet:
    return Fernet(keys.derived("search marks"))
