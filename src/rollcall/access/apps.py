"""Access as a Django app."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Label `access`: people, memberships, tokens, audit entries."""

    name = "rollcall.access"
    label = "access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Write down who signed in and who failed to."""
        from rollcall.access import watching

        watching.connect()
