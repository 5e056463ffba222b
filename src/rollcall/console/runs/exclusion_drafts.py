"""What a person means to leave out of a held run, kept in their session until they decide.

Bound to the plan they look at: a draft for another plan is none.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest

from rollcall.core.plans.exclusion import Exclusion, Key
from rollcall.engine.models import Run


def draft(request: HttpRequest, run: Run) -> Exclusion:
    """What is left out so far."""
    kept = request.session.get(_name(run), {})
    same_plan = kept.get("plan") == run.plan_sha256
    return Exclusion.from_json(kept["excluded"]) if same_plan else Exclusion()


def keep(request: HttpRequest, run: Run, exclusion: Exclusion) -> None:
    """Remember what is left out."""
    kept = {"plan": run.plan_sha256, "excluded": exclusion.as_json()}
    request.session[_name(run)] = kept


def forget(request: HttpRequest, run: Run) -> None:
    """The run was decided about."""
    request.session.pop(_name(run), None)


def left_out(given: Exclusion, record: str, changes: Iterable[Mapping[str, Any]]) -> Exclusion:
    """`given` and these changes: by their line, and by their key where no line asks for them."""
    lines, keys = _parts(given)
    for one in changes:
        if one["line"] is not None:
            lines.setdefault(one["input"], set()).add(one["line"])
        elif one["key"] not in keys.setdefault(record, []):
            keys[record].append(one["key"])
    return _exclusion(lines, keys)


def put_back(given: Exclusion, record: str, changes: Iterable[Mapping[str, Any]]) -> Exclusion:
    """`given` without these changes."""
    lines, keys = _parts(given)
    for one in changes:
        lines.get(one["input"], set()).discard(one["line"])
        keys[record] = [key for key in keys.get(record, []) if key != one["key"]]
    return _exclusion(lines, keys)


def _parts(given: Exclusion) -> tuple[dict[str, set[int]], dict[str, list[Key]]]:
    lines = {input: set(numbers) for input, numbers in given.lines.items()}
    return lines, {record: list(keys) for record, keys in given.keys.items()}


def _exclusion(lines: Mapping[str, set[int]], keys: Mapping[str, list[Key]]) -> Exclusion:
    return Exclusion(
        {input: frozenset(numbers) for input, numbers in lines.items() if numbers},
        {record: tuple(found) for record, found in keys.items() if found},
    )


def _name(run: Run) -> str:
    return f"left_out:{run.pk}"
