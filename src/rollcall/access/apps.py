"""Access as a Django app."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Label `access`: people, memberships, tokens, audit entries."""

    name = "rollcall.access"
    label = "access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Write down who signed in and who failed to."""
        # Models can be imported only once Django has loaded all apps.
        from rollcall.access import sign_in_log

        sign_in_log.connect()
