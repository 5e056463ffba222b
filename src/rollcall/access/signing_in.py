"""Signing in by django-allauth, as Rollcall wants it: by invitation, mail by the district's own
server, secrets sealed. What is written down of it: `access.watching`.
"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.core.mail import EmailMessage
from django.http import HttpRequest

from rollcall.access import mailing
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
