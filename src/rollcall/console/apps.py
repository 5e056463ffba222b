"""The console as a Django app."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The pages, their templates and files."""

    name = "rollcall.console"
    label = "console"
