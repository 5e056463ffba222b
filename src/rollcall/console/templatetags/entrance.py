"""What the pages before signing in ask: they are allauth's, and have no view of ours."""

from django import template

from rollcall.access import account_mail, first_start

register = template.Library()


@register.simple_tag
def sends_account_mail() -> bool:
    """Whether a link for a password can be mailed."""
    return account_mail.configured()


@register.simple_tag
def first_start_is_open() -> bool:
    """Whether the first admin is awaited."""
    return first_start.is_open()
