"""rollcall approve / discard."""

import json
from contextlib import suppress

import click

from rollcall.access.audit import Action
from rollcall.cli.common import (
    audit,
    command,
    json_option,
    person,
    print_json,
    run_argument,
    say,
    wrong_usage,
)
from rollcall.cli.lookups import the_run
from rollcall.cli.runs.carry_out import carry_out
from rollcall.core.plans.exclusion import Exclusion, Key
from rollcall.engine.clock import SystemClock
from rollcall.engine.runs import approving
from rollcall.engine.runs.results import result

_note = click.option("--note", default="", help="Why; stored with the decision.")


@click.command()
@run_argument
@click.option(
    "--exclude",
    "excluded",
    multiple=True,
    metavar="INPUT:LINE",
    help="Skip what this line changes; can be given several times. A change that no line asks "
    'for, such as a removal, is named by its record: service:{"local_id": "100001", ...}.',
)
@_note
@json_option
@command
def approve(run_number: int, excluded: tuple[str, ...], note: str, as_json: bool) -> int:
    """Approve held run RUN: apply exactly the plan that was previewed, or refuse if it is stale."""
    run, exclusion = the_run(run_number), _exclusion(excluded)
    approved = approving.approve(run, person(), SystemClock(), note, exclusion)
    audit(approved.district, Action.APPROVED, f"run {run_number}", skipped=len(excluded))
    return carry_out(approved, as_json=as_json)


def _exclusion(excluded: tuple[str, ...]) -> Exclusion:
    lines: dict[str, set[int]] = {}
    keys: dict[str, list[Key]] = {}
    for argument in excluded:
        name, _, line_or_key = argument.partition(":")
        if line_or_key.isdecimal():
            lines.setdefault(name, set()).add(int(line_or_key))
            continue
        key = None
        with suppress(ValueError):
            key = json.loads(line_or_key)
        if not isinstance(key, dict):
            wrong_usage(f"--exclude {argument!r}: write INPUT:LINE, for example students:12")
        fields = {field: None if part is None else str(part) for field, part in key.items()}
        keys.setdefault(name, []).append(fields)
    return Exclusion(
        {name: frozenset(numbers) for name, numbers in lines.items()},
        {name: tuple(keys_of_type) for name, keys_of_type in keys.items()},
    )


@click.command()
@run_argument
@_note
@json_option
@command
def discard(run_number: int, note: str, as_json: bool) -> None:
    """Discard held run RUN: nothing is written."""
    discarded = approving.discard(the_run(run_number), person(), SystemClock(), note)
    audit(discarded.district, Action.DISCARDED, f"run {run_number}")
    if as_json:
        print_json(result(discarded))
    else:
        say(f"Run {run_number} is discarded; nothing was written.")
