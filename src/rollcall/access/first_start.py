"""The first admin of an installation: who has the one-time code that the server printed.

While there is no account at all, each start of `rollcall serve` makes a new code and prints it;
only its hash is kept. Who reads what the server prints runs it, and so can say who is first.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from rollcall.access import people
from rollcall.access.models import User
from rollcall.access.roles import Role
from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.engine.clock import Clock
from rollcall.engine.models import Installation
from rollcall.engine.settings import configure
from rollcall.records.models import District

#: Letters and digits that nobody takes for one another, 5 bits each: 100 bits in all.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GROUPS, _OF = 4, 5

WRONG_CODE = Codes.add(
    "first_start.wrong_code",
    Severity.ERROR,
    "This is not the code that the server printed",
    "Copy it from where `rollcall serve` was started; each start prints a new one.",
    "whoever runs the server",
)
OVER = Codes.add(
    "first_start.over",
    Severity.ERROR,
    "There is an account already",
    "Sign in, or ask an admin for an invitation.",
    "whoever runs the server",
)


@dataclass(frozen=True)
class FirstAdmin:
    """Who is to be the first admin. `district`: as a configuration has it where there is none yet,
    else only its code.
    """

    email: str
    name: str
    password: str
    district: Mapping[str, Any]


def new_code() -> str | None:
    """A code that lets the first admin in, in place of any before; None when there are accounts."""
    if User.objects.exists():
        return None
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_OF)) for _ in range(_GROUPS))
    code = "-".join(groups)
    Installation.objects.update_or_create(pk=1, defaults={"first_code": _hashed(code)})
    return code


def is_open() -> bool:
    """Whether a first admin is awaited: a code was printed and there is no account."""
    waiting = Installation.objects.exclude(first_code="").exists()
    return waiting and not User.objects.exists()


@transaction.atomic
def begin(code: str, first: FirstAdmin, clock: Clock) -> tuple[User, District]:
    """Make the first admin, and their district where there is none; the code is used up.

    Problem first_start.wrong_code, first_start.over, people.bad_address; Mistakes of the district.
    """
    installation = Installation.objects.select_for_update().filter(pk=1).first()
    if installation is None or not installation.first_code or User.objects.exists():
        raise Problem(OVER)
    if not hmac.compare_digest(installation.first_code, _hashed(code)):
        raise Problem(WRONG_CODE)
    district = District.objects.filter(code=first.district.get("code")).first()
    if district is None:
        configure.apply({"district": dict(first.district)}, {}, clock, first.email)
        district = District.objects.get(code=first.district["code"])
    user = people.add(first.email, district, Role.ADMIN, clock, "the code of the first start")
    user.name = first.name
    user.set_password(first.password)
    user.save(update_fields=["name", "password"])
    installation.first_code = ""
    installation.save(update_fields=["first_code"])
    return user, district


def _hashed(code: str) -> str:
    """What is kept of a code, however it is typed. 100 random bits need no slow hash."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(plain.encode(errors="replace")).hexdigest()
