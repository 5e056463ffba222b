"""The sign-on server, for the pages that lead to it."""

from django import template

from rollcall.access import openid
from rollcall.access.openid import Server

register = template.Library()


@register.simple_tag
def sign_on_server() -> Server | None:
    """The server of this installation; None when there is none."""
    return openid.server()
