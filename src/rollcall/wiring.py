"""The one place that puts the parts together: Django, the log, the list of integrations."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import django

from rollcall import home
from rollcall.core.integration import Integration
from rollcall.engine import log, registry
from rollcall.integrations import NAMES

#: What these and what they use declare as codes may stand in a stored finding or alert, so every
#: process must know them, whatever else it uses.
_DECLARING = ("rollcall.engine.runs.runner", "rollcall.engine.alerts.timed_alerts")


def set_up(*, service: bool = False) -> None:
    """Make this process ready to use the engine. `service`: a worker or server, which logs JSON."""
    home.check()
    log.configure(service=service)
    load_django()
    with _loading():
        # Views are of record types, and so of models, which Django must know first.
        from rollcall.records import views

        registry.install(integrations())
        views.install(integration.own_views for integration in integrations())
        for name in _DECLARING:
            import_module(name)


def integrations() -> tuple[Integration, ...]:
    """What each folder of `integrations/` declares. They use the models: Django must be ready."""
    folders = [import_module(f"rollcall.integrations.{name}.integration") for name in NAMES]
    return tuple(folder.INTEGRATION for folder in folders)


def load_django() -> None:
    """Make modules with models importable. Uses neither ROLLCALL_HOME nor the database yet."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rollcall.django_settings")
    with _loading():
        django.setup()


@contextmanager
def _loading() -> Iterator[None]:
    """What is loaded stays to the end, so the collector need not go through it, now or later."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
