"""Outbound sending as a Django app."""

from django.apps import AppConfig


class OutboundConfig(AppConfig):
    """Edits that wait to be looked at, submissions, and the mirror of what partners hold."""

    name = "rollcall.engine.outbound"
    label = "outbound"
    default_auto_field = "django.db.models.BigAutoField"
