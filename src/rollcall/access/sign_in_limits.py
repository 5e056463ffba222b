"""Limits on guessing passwords and codes, and on mails to strangers: whoever fails, or asks for
more and more, waits longer each time, and alone.

What a try is counted by:

- a known device (`access.known_devices`): that device and person, nothing else;
- else the person and the source, and the source alone, over all it tries. The source is the
  client's network address (of IPv6 the /64, which is one place);
- for a code the person too, from anywhere: whoever gets that far has the password.

A try counts as failed before the password is looked at, so many at once do not slip through; when
it was right, that is taken back.
"""

import hashlib
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F
from django.http import HttpRequest

from rollcall.access import known_devices
from rollcall.access.models import SignInFailure, User
from rollcall.core.sign_in.sign_in_delays import FORGOTTEN_AFTER, Slowing
from rollcall.engine.clock import Clock, SystemClock

#: The clock tries are timed by; tests set another.
clock: Clock = SystemClock()

ONE = Slowing(free=5, longest=60)
#: All tries of a source: a school has many people behind one address.
SOURCE = Slowing(free=50, longest=10)
#: Codes of a person, wherever they are typed.
CODES = Slowing(free=20, longest=60)
#: Mails for a forgotten password.
MAILS = Slowing(free=3, longest=60)
#: Invitations of a district: its whole staff at once, then one now and then; and those of one
#: district to one person. They go by the mail server of all districts, which could be told to
#: mail strangers until nobody takes its mail any more.
INVITATIONS = Slowing(free=200, longest=600)
INVITED = Slowing(free=3, longest=600)

_COUNT = """
INSERT INTO sign_in_failure AS now (key, failures, last_at) VALUES (%(key)s, 1, %(at)s)
ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN now.last_at <= %(forgotten)s THEN 1 ELSE now.failures + 1 END,
    last_at = excluded.last_at
WHERE now.last_at <= %(forgotten)s OR now.last_at > %(at)s + interval '1 minute' OR %(at)s >=
    now.last_at + make_interval(secs => (%(waits)s::integer[])
        [least(now.failures + 1, cardinality(%(waits)s::integer[]))])
RETURNING failures
"""
_OLD = """
DELETE FROM sign_in_failure WHERE key IN (
    SELECT key FROM sign_in_failure WHERE last_at <= %s LIMIT 100 FOR UPDATE SKIP LOCKED
)
"""


class Wait(ValidationError):
    """Too many failures. `seconds`: how long to wait, at least one. A form shows it by itself."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        unit = "second" if seconds == 1 else "seconds"
        super().__init__(f"Too many failed attempts. Try again in {seconds} {unit}.", code="wait")


@dataclass(frozen=True)
class _Counter:
    """One thing tries are counted by. `total`: over several people, so one success does not clear
    it.
    """

    key: str
    slowing: Slowing
    total: bool = False


@dataclass(frozen=True)
class Try:
    """One try under way, counted as failed until `worked` says otherwise."""

    counters: tuple[_Counter, ...]

    def worked(self) -> None:
        """Take it back: the person's failures are forgotten, a source's total has one less."""
        for counter in self.counters:
            failures = SignInFailure.objects.filter(key=counter.key)
            if counter.total:
                failures.filter(failures__gt=0).update(failures=F("failures") - 1)
            else:
                failures.delete()


def password(request: HttpRequest, address: str) -> Try:
    """A try at the password of an address, whether anyone has it or not. Wait when too early."""
    return _try_at(request, address, "password", "source", ONE)


def code(request: HttpRequest, user: User) -> Try:
    """A try at a code of a person's second factor. Wait when too early."""
    if device := known_devices.device(request, user):
        return _try([_Counter(_key("code", "device", device), ONE)])
    source, about = _source(request), str(user.pk)
    return _try(
        [
            _Counter(_key("code", about, source), ONE),
            _Counter(_key("code", about), CODES),
            _Counter(_key("source", source), SOURCE, total=True),
        ]
    )


def password_mail(request: HttpRequest, address: str) -> Try:
    """A mail asked for by whoever forgot a password. Wait when too early."""
    return _try_at(request, address, "mail", "mails of source", MAILS)


def _try_at(request: HttpRequest, address: str, what: str, of_source: str, slowing: Slowing) -> Try:
    """A try at `what` of an address, counted by a known device alone, or else by the source too."""
    about = address.strip().lower()
    if device := known_devices.device(request, User.objects.filter(email=about).first()):
        return _try([_Counter(_key(what, "device", device), slowing)])
    source = _source(request)
    return _try(
        [
            _Counter(_key(what, about, source), slowing),
            _Counter(_key(of_source, source), SOURCE, total=True),
        ]
    )


def may_mail(address: str) -> bool:
    """Whether one more such mail can go to an address. Who asks sees the same either way: a link
    that works is in the mails before.
    """
    try:
        _try([_Counter(_key("mail", address.strip().lower()), MAILS)])
    except Wait:
        return False
    return True


def invitation(district: str, address: str) -> Try:
    """An invitation of a district, by its code, to an address. Wait when too early."""
    about = address.strip().lower()
    return _try(
        [
            _Counter(_key("invitations", district), INVITATIONS),
            _Counter(_key("invitation", district, about), INVITED),
        ]
    )


def forget(request: HttpRequest, address: str) -> None:
    """Let a person try at once from here, after they proved by mail who they are."""
    keys = [_key("password", address.strip().lower(), _source(request))]
    SignInFailure.objects.filter(key__in=keys).delete()


def _try(counters: Iterable[_Counter]) -> Try:
    """Count one try by each counter, or none: Wait when one of them says it is too early."""
    at = clock.now()
    ordered = tuple(sorted(counters, key=lambda counter: counter.key))  # locked in one order
    with connection.cursor() as cursor:
        cursor.execute(_OLD, [at - FORGOTTEN_AFTER])
        with transaction.atomic():
            for counter in ordered:
                arguments: dict[str, Any] = {
                    "key": counter.key,
                    "at": at,
                    "forgotten": at - FORGOTTEN_AFTER,
                    "waits": list(counter.slowing.waits),
                }
                cursor.execute(_COUNT, arguments)
                if cursor.fetchone() is None:
                    raise Wait(_seconds(counter, at))
    return Try(ordered)


def _seconds(counter: _Counter, at: datetime) -> int:
    """How many seconds a counter still asks for."""
    failure = SignInFailure.objects.filter(key=counter.key).first()
    if failure is None:
        return 1
    waits = counter.slowing.waits
    wait = waits[min(failure.failures, len(waits) - 1)]
    return max(1, min(wait, ceil(wait - (at - failure.last_at).total_seconds())))


def _source(request: HttpRequest) -> str:
    """Where a request comes from: the client's network address."""
    remote_address = str(request.META.get("REMOTE_ADDR", ""))
    try:
        address = ipaddress.ip_address(remote_address)
    except ValueError:
        return remote_address
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ipaddress.ip_network((int(address), 64), strict=False))


def _key(*about: str) -> str:
    return hashlib.sha256("\0".join(about).encode()).hexdigest()
