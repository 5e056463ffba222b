"""The little markup that pages give to texts. Pure; everything else is escaped."""

import re

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_TICKS = re.compile("`([^`]+)`")


def ticked(text: object) -> SafeString:
    """Text between backticks (names of settings, commands) as code."""
    parts = enumerate(_TICKS.split(str(text)))
    return format_html_join(
        "",
        "{}",
        ((format_html("<code>{}</code>", part) if place % 2 else part,) for place, part in parts),
    )


def breaking(address: object) -> SafeString:
    """An e-mail address that a narrow column may break behind its @, and nowhere else."""
    name, at, domain = str(address).partition("@")
    return format_html("{}@<wbr>{}", name, domain) if at else format_html("{}", name)
