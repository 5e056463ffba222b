"""How Rollcall uses django-allauth: by invitation only, account mail, sealed secrets.

What the audit log says about it: `access.sign_in_log`.
"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from rollcall.access import account_mail, known_devices, openid, sign_in_limits, single_sign_on
from rollcall.access.models import User
from rollcall.engine import secrets
from rollcall.engine.clock import SystemClock

_clock = SystemClock()


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """No open sign-up; mails go by the installation's mail server."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Rollcall is invitation-only."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Whether to go there after signing in: to an address of ours only, named without a host.
        Other names are answered too, such as those of this machine, where others can listen.
        """
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send one of allauth's mails, such as the link for a forgotten password."""
        message: EmailMessage = self.render_mail(template_prefix, email, context)
        account_mail.send_in_background(email, str(message.subject), str(message.body), _clock)

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Send the link to the address we know, not to the one that was typed: capitals of other
        alphabets make the same small letters.
        """
        super().send_password_reset_mail(user, user.email, context)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link's address: of the settings, whatever host the request named."""
        uid, _, secret = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": secret})
        return f"{settings.ROLLCALL_URL}{path}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a try before the password is looked at; ValidationError when it is too early."""
        address = str(credentials.get("email") or "")
        self._attempt = sign_in_limits.password(request, address)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The person whose password it is; None when it is wrong."""
        user: User | None = super().authenticate(request, **credentials)
        if user is not None:
            self._attempt.worked()
        return user

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """How a person confirms that it is them: without a password by the sign-on server, too."""
        ways: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        server = openid.server()
        if server is None or not isinstance(user, User) or user.has_usable_password():
            return ways
        if not any(link.provider == server.issuer for link in single_sign_on.links(user)):
            return ways
        address = reverse("single-sign-on-confirm")
        return [*ways, {"id": "sso", "description": f"Use {server.name}", "url": address}]

    def post_login(self, request: HttpRequest, user: User, **how: Any) -> HttpResponse:
        """Where to go after signing in, on a device that is known from now on."""
        response: HttpResponse = super().post_login(request, user, **how)
        known_devices.remember(request, response, user)
        return response

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """After a new password by mail: let the person try at once."""
        sign_in_limits.forget(request, str(credentials.get("email") or ""))


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth's own way of signing in, connecting and signing up by another server: closed. Ours is
    `access.single_sign_on`.
    """

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Rollcall is invitation-only."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """PermissionDenied, whatever it was for."""
        raise PermissionDenied


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """The secrets of second factors are sealed like every other credential."""

    def encrypt(self, text: str) -> str:
        """As it can be stored."""
        return secrets.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """As it was."""
        return secrets.unseal(encrypted_text)
