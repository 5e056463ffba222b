"""Tags of the pages for signing in: most are allauth's, and have no view of ours."""

from django import template

from rollcall.access import account_mail, first_start, openid
from rollcall.access.openid import Server

register = template.Library()


@register.simple_tag
def sends_account_mail() -> bool:
    """Whether a link for a password can be mailed."""
    return account_mail.configured()


@register.simple_tag
def first_start_is_open() -> bool:
    """Whether there is no admin yet."""
    return first_start.is_open()


@register.simple_tag
def sign_on_server() -> Server | None:
    """The sign-on server of this installation; None when there is none."""
    return openid.server()
