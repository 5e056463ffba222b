"""Changing one's password: django-allauth's page, after which the device stays known."""

from typing import Any

from allauth.account.views import PasswordChangeView
from django.http import HttpResponse

from rollcall.access import known_devices


class ChangePassword(PasswordChangeView):  # type: ignore[misc]  # allauth has no types
    """The page with the current password and the new one."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Change the password and go back."""
        response: HttpResponse = super().form_valid(form)
        known_devices.remember(self.request, response, form.user)
        return response


change = ChangePassword.as_view()
