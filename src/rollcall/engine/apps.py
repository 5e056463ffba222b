"""The engine as a Django app."""

from django.apps import AppConfig


class EngineConfig(AppConfig):
    """Syncs, runs, artifacts, approvals and mail."""

    name = "rollcall.engine"
    label = "engine"
    default_auto_field = "django.db.models.BigAutoField"
