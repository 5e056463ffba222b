"""Those forms of django-allauth that look at a password or a code, or send mail: with our limits
(`access.sign_in_limits`), which take the place of allauth's own.
"""

from typing import Any

from allauth.account import forms as account
from allauth.core import context
from allauth.mfa.base import forms as mfa
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from rollcall.access import sign_in_limits


class ChangePasswordForm(account.ChangePasswordForm):  # type: ignore[misc]  # allauth has no types
    """The current password is a password to guess, too."""

    def clean_oldpassword(self) -> str:
        """The current password; ValidationError when it is wrong or it is too early."""
        email = self.user.email
        attempt = sign_in_limits.password(context.request, email)
        try:
            old: str = super().clean_oldpassword()
        except ValidationError:
            user_login_failed.send(__name__, credentials={"email": email}, request=context.request)
            raise
        attempt.worked()
        return old


class ResetPasswordForm(account.ResetPasswordForm):  # type: ignore[misc]  # allauth has no types
    """A link by mail: asked for slowly, and sent seldom. Who asks sees the same either way."""

    def clean_email(self) -> str:
        """The address; ValidationError when it is too early."""
        email: str = super().clean_email()
        sign_in_limits.password_mail(context.request, email)
        return email

    def save(self, request: HttpRequest, **more: Any) -> str:
        """Send the link, unless links were sent a moment ago."""
        email: str = self.cleaned_data["email"]
        if sign_in_limits.may_mail(email):
            super().save(request, **more)
        return email


class _CodeForm:
    """Mixed into a form that asks `user` for a code."""

    user: Any

    def clean_code(self) -> str:
        """The code; ValidationError when it is wrong or it is too early."""
        attempt = sign_in_limits.code(context.request, self.user)
        code: str = super().clean_code()  # type: ignore[misc]  # of the form
        attempt.worked()
        return code


class CodeForm(_CodeForm, mfa.AuthenticateForm):  # type: ignore[misc]  # allauth has no types
    """The code of the second factor, when signing in."""


class CodeAgainForm(_CodeForm, mfa.ReauthenticateForm):  # type: ignore[misc]  # allauth has no types
    """The same, to confirm who it is."""
