"""The integrations this installation has, by name. Filled once, where things are wired."""

from collections.abc import Iterable

from rollcall.core.integration import Integration

_INTEGRATIONS: dict[str, Integration] = {}


def install(integrations: Iterable[Integration]) -> None:
    """Make these the known integrations."""
    _INTEGRATIONS.clear()
    _INTEGRATIONS.update({integration.name: integration for integration in integrations})


def integration(name: str) -> Integration:
    """The integration of that name; KeyError when this installation has none."""
    return _INTEGRATIONS[name]


def names() -> list[str]:
    """The names of all integrations."""
    return sorted(_INTEGRATIONS)
