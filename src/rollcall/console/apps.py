"""The console as a Django app."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Status pages."""

    name = "rollcall.console"
    label = "console"
