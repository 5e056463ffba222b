"""What is different between two configurations, setting by setting."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """One setting that is different: the way to it with dots, and how it was and is, in words."""

    field: str
    before: str
    after: str


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], defaults: Mapping[str, Any]
) -> list[Difference]:
    """Every setting whose value differs. What is not set has its default (by its way), else ""."""
    was, is_now = dict(_leaves(before)), dict(_leaves(after))
    default = dict(_leaves(defaults))
    return [
        Difference(field, _words(old), _words(new))
        for field in dict.fromkeys([*was, *is_now])
        if (old := was.get(field, default.get(field)))
        != (new := is_now.get(field, default.get(field)))
    ]


def _leaves(settings: Mapping[str, Any], way: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{way}{name}.")
        else:
            yield f"{way}{name}", list(value) if isinstance(value, tuple) else value


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_words, value))
    return "" if value is None else str(value)
