"""What the audit log says about signing in, passwords and second factors.

Imported when any process starts, so it imports little.
"""

from functools import partial
from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth import signals as auth

from rollcall.access import audit
from rollcall.access.audit import Action
from rollcall.access.models import User
from rollcall.engine.clock import SystemClock

_clock = SystemClock()


#: What is written into the audit log when one of these signals comes.
_ACTIONS = (
    (auth.user_logged_in, Action.SIGNED_IN, ""),
    (auth.user_logged_out, Action.SIGNED_OUT, ""),
    (account.password_changed, Action.PASSWORD_CHANGED, ""),
    (account.password_reset, Action.PASSWORD_CHANGED, ""),
    (account.password_set, Action.PASSWORD_CHANGED, ""),
    (mfa.authentication_failed, Action.SIGN_IN_FAILED, "second factor"),
    (mfa.authenticator_reset, Action.RECOVERY_CODES_MADE, ""),
    (mfa.authenticator_added, Action.SECOND_FACTOR_ADDED, ""),
    (mfa.authenticator_removed, Action.SECOND_FACTOR_REMOVED, ""),
)


def connect() -> None:
    """Have sign-ins and what else concerns them written into the audit log."""
    for signal, action, what in _ACTIONS:
        receiver = partial(_record, action, what)
        signal.connect(receiver, weak=False, dispatch_uid="rollcall.audit")
    auth.user_login_failed.connect(_record_failure, dispatch_uid="rollcall.audit")


def _record(action: Action, what: str, /, user: User | None, **_: Any) -> None:
    if user is not None:
        audit.record(_clock, user.email, action, what)


def _record_failure(credentials: dict[str, Any], **_: Any) -> None:
    """Whose account was tried, when there is one: what else was typed is not stored."""
    email = str(credentials.get("email") or "").strip().lower()
    has_account = User.objects.filter(email=email).exists()
    audit.record(_clock, email if has_account else "an unknown person", Action.SIGN_IN_FAILED)
