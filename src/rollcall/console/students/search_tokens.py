"""What somebody searched for, as a mark that an address may carry: sealed, theirs, and soon over.

Student data must not stand in an address, where histories, logs and neighbors keep it. A search is
posted; the page of its results is found by a mark that only this installation can open.
"""

from cryptography.fernet import Fernet, InvalidToken

from rollcall import keys
from rollcall.console.frame.visit import Visit

#: How long a mark can be opened, in seconds: a working day, as a session.
LASTS = 10 * 3600


def mark_of(visit: Visit, text: str) -> str:
    """A mark for what this person searched for in this district."""
    now = int(visit.clock.now().timestamp())
    sealed = _box().encrypt_at_time(f"{_whose(visit)}{text}".encode(), now)
    return sealed.decode("ascii").rstrip("=")


def text_of(visit: Visit, mark: str) -> str | None:
    """What was searched for; None when the mark is over, another's, or none."""
    now = int(visit.clock.now().timestamp())
    padded = mark + "=" * (-len(mark) % 4)
    try:
        text = _box().decrypt_at_time(padded.encode(), LASTS, now).decode()
    except InvalidToken:
        return None
    whose = _whose(visit)
    return text.removeprefix(whose) if text.startswith(whose) else None


def _whose(visit: Visit) -> str:
    return f"{visit.district.pk} {visit.user.pk}\n"


def _box() -> Fernet:
    return Fernet(keys.derived("search marks"))
