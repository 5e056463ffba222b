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
        Difference(field, *_both_sides(old, new))
        for field in dict.fromkeys([*was, *is_now])
        if (old := was.get(field, default.get(field)))
        != (new := is_now.get(field, default.get(field)))
    ]


def words(value: Any) -> str:
    """A setting as a person reads it; the rows of a table apart by semicolons."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        named = ((name, words(part)) for name, part in value.items())
        return ", ".join(f"{name.replace('_', ' ')} {text}" for name, text in named if text)
    if isinstance(value, list | tuple):
        return ("; " if _is_table(value) else ", ").join(map(words, value))
    return "" if value is None else str(value)


def _both_sides(old: Any, new: Any) -> tuple[str, str]:
    """Two values in words; of two tables the rows that differ."""
    if _is_table(old) or _is_table(new):
        before, after = old or [], new or []
        gone = [row for row in before if row not in after]
        added = [row for row in after if row not in before]
        if gone or added:
            return words(gone), words(added)
    return words(old), words(new)


def _is_table(value: Any) -> bool:
    return isinstance(value, list | tuple) and any(isinstance(row, Mapping) for row in value)


def _leaves(settings: Mapping[str, Any], way: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{way}{name}.")
        else:
            yield f"{way}{name}", list(value) if isinstance(value, tuple) else value
