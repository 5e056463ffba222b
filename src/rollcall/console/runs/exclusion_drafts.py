"""The changes that a person wants to skip in a held run, in their session until they decide.

Bound to the plan that was shown: a draft for another plan is ignored.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest

from rollcall.core.plans.exclusion import Exclusion
from rollcall.engine.models import Run


def draft(request: HttpRequest, run: Run) -> Exclusion:
    """What is skipped so far."""
    stored = request.session.get(_name(run), {})
    same_plan = stored.get("plan") == run.plan_sha256
    return Exclusion.from_json(stored["excluded"]) if same_plan else Exclusion()


def save(request: HttpRequest, run: Run, exclusion: Exclusion) -> None:
    """Remember what is skipped."""
    request.session[_name(run)] = {"plan": run.plan_sha256, "excluded": exclusion.as_json()}


def delete(request: HttpRequest, run: Run) -> None:
    """Forget the draft: the run was decided."""
    request.session.pop(_name(run), None)


def skip(exclusion: Exclusion, record: str, changes: Iterable[Mapping[str, Any]]) -> Exclusion:
    """The exclusion with these changes: by their line, or by their key when they have none."""
    lines = {input: set(numbers) for input, numbers in exclusion.lines.items()}
    keys = {name: list(listed) for name, listed in exclusion.keys.items()}
    for change in changes:
        if change["line"] is not None:
            lines.setdefault(change["input"], set()).add(change["line"])
        elif change["key"] not in keys.setdefault(record, []):
            keys[record].append(change["key"])
    return Exclusion(
        {input: frozenset(numbers) for input, numbers in lines.items()},
        {name: tuple(listed) for name, listed in keys.items() if listed},
    )


def restore(exclusion: Exclusion, record: str, changes: Iterable[Mapping[str, Any]]) -> Exclusion:
    """The exclusion without these changes."""
    restored = list(changes)
    places = {(change["input"], change["line"]) for change in restored}
    lines = {
        input: frozenset(line for line in numbers if (input, line) not in places)
        for input, numbers in exclusion.lines.items()
    }
    restored_keys = [change["key"] for change in restored]
    keys = dict(exclusion.keys)
    keys[record] = tuple(key for key in keys.get(record, ()) if key not in restored_keys)
    return Exclusion(
        {input: numbers for input, numbers in lines.items() if numbers},
        {name: listed for name, listed in keys.items() if listed},
    )


def _name(run: Run) -> str:
    return f"skipped:{run.pk}"
