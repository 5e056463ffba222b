"""The one place that puts the parts together: Django, the log, the list of integrations."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import django

from rollcall import home
from rollcall.engine import log, registry

#: What these and what they use declare as codes may stand in a stored finding or alert, so every
#: process must know them, whatever else it uses.
_DECLARING = ("rollcall.engine.runs.running", "rollcall.engine.alerts.watching")


def set_up(*, service: bool = False) -> None:
    """Make this process ready to use the engine. `service`: a worker or server, which logs JSON."""
    with _loading():
        _set_up(service)


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


def _set_up(service: bool) -> None:
    home.check()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rollcall.django_settings")
    log.configure(service=service)
    django.setup()
    from rollcall.integrations import INTEGRATIONS

    registry.install(INTEGRATIONS)
    for name in _DECLARING:
        import_module(name)
