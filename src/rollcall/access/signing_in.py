"""Signing in by django-allauth, as Rollcall wants it: by invitation, written down, mail by the
district's own server.
"""

from typing import Any

from allauth.account import signals as account
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa import signals as mfa
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib.auth import signals as auth
from django.core.mail import EmailMessage
from django.http import HttpRequest

from rollcall.access import audit, mailing
from rollcall.access.audit import Action
from rollcall.access.models import User
from rollcall.engine import secrets
from rollcall.engine.clock import SystemClock

_clock = SystemClock()


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """No open sign-up; mails go by the mail server of the person's district."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People come by invitation."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send one of allauth's mails, such as the link for a forgotten password."""
        message: EmailMessage = self.render_mail(template_prefix, email, context)
        mailing.send(email, str(message.subject), str(message.body), _clock)


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Single sign-on lets in who was invited, and nobody else."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """People come by invitation."""
        return False


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """The secrets of second factors are sealed like every other credential."""

    def encrypt(self, text: str) -> str:
        """As it may be stored."""
        return secrets.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """As it was."""
        return secrets.unseal(encrypted_text)


def connect() -> None:
    """Have sign-ins and what else concerns them written into the audit log."""
    auth.user_logged_in.connect(_signed_in, dispatch_uid="rollcall.audit")
    auth.user_logged_out.connect(_signed_out, dispatch_uid="rollcall.audit")
    auth.user_login_failed.connect(_failed, dispatch_uid="rollcall.audit")
    for signal in (account.password_changed, account.password_reset, account.password_set):
        signal.connect(_password_changed, dispatch_uid="rollcall.audit")
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
    known = User.objects.filter(email=email).exists()
    audit.record(_clock, email if known else "somebody unknown", Action.SIGN_IN_FAILED)


def _password_changed(user: User, **_: Any) -> None:
    audit.record(_clock, user.email, Action.PASSWORD_CHANGED)


def _factor_added(user: User, **_: Any) -> None:
    audit.record(_clock, user.email, Action.SECOND_FACTOR_ADDED)


def _factor_removed(user: User, **_: Any) -> None:
    audit.record(_clock, user.email, Action.SECOND_FACTOR_REMOVED)
