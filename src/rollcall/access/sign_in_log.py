"""What is written down of signing in and of passwords and second factors.

Imported when any process starts, so it imports little.
"""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth import signals as auth

from rollcall.access import audit
from rollcall.access.audit import Action
from rollcall.access.models import User
from rollcall.engine.clock import SystemClock

_clock = SystemClock()


def connect() -> None:
    """Have sign-ins and what else concerns them written into the audit log."""
    auth.user_logged_in.connect(_signed_in, dispatch_uid="rollcall.audit")
    auth.user_logged_out.connect(_signed_out, dispatch_uid="rollcall.audit")
    auth.user_login_failed.connect(_failed, dispatch_uid="rollcall.audit")
    for signal in (account.password_changed, account.password_reset, account.password_set):
        signal.connect(_password_changed, dispatch_uid="rollcall.audit")
    mfa.authentication_failed.connect(_code_failed, dispatch_uid="rollcall.audit")
    mfa.authenticator_reset.connect(_codes_made, dispatch_uid="rollcall.audit")
    mfa.authenticator_added.connect(_factor_added, dispatch_uid="rollcall.audit")
    mfa.authenticator_removed.connect(_factor_removed, dispatch_uid="rollcall.audit")


def _signed_in(user: User, **_: Any) -> None:
    audit.record(_clock, user.email, Action.SIGNED_IN)


def _signed_out(user: User | None, **_: Any) -> None:
    if user is not None:
        audit.record(_clock, user.email, Action.SIGNED_OUT)


def _failed(credentials: dict[str, Any], **_: Any) -> None:
    """Who somebody tried to be, when it is a person we know: what else was typed is not kept."""
    email = str(credentials.get("email") or "").strip().lower()
    has_account = User.objects.filter(email=email).exists()
    audit.record(_clock, email if has_account else "somebody unknown", Action.SIGN_IN_FAILED)


def _code_failed(user: User, **_: Any) -> None:
    audit.record(_clock, user.email, Action.SIGN_IN_FAILED, "second factor")


def _codes_made(user: User, **_: Any) -> None:
    audit.record(_clock, user.email, Action.RECOVERY_CODES_MADE)


def _password_changed(user: User, **_: Any) -> None:
    audit.record(_clock, user.email, Action.PASSWORD_CHANGED)


def _factor_added(user: User, **_: Any) -> None:
    audit.record(_clock, user.email, Action.SECOND_FACTOR_ADDED)


def _factor_removed(user: User, **_: Any) -> None:
    audit.record(_clock, user.email, Action.SECOND_FACTOR_REMOVED)
