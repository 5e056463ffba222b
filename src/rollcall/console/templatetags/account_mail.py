"""Whether this installation sends account mail: for the pages of allauth, which have no view."""

from django import template

from rollcall.access import mailing

register = template.Library()


@register.simple_tag
def sends_account_mail() -> bool:
    """Whether a link for a password can be mailed."""
    return mailing.configured()
