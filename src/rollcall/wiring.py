"""The one place that puts the parts together: Django, the log, the list of integrations."""

import os

import django

from rollcall.engine import log, registry


def set_up(*, service: bool = False) -> None:
    """Make this process ready to use the engine. `service`: a worker or server, which logs JSON."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rollcall.django_settings")
    log.configure(service=service)
    django.setup()
    from rollcall.integrations import INTEGRATIONS

    registry.install(INTEGRATIONS)
