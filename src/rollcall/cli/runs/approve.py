"""rollcall approve / discard."""

import json

import click

from rollcall.access.audit import Action
from rollcall.cli.common import audit, command, json_option, person, print_json, say, wrong_usage
from rollcall.cli.lookups import the_run
from rollcall.cli.runs.carry_out import carry_out
from rollcall.core.plans.exclusion import Exclusion, Key
from rollcall.engine.clock import SystemClock
from rollcall.engine.runs import approving
from rollcall.engine.runs.results import result

_note = click.option("--note", default="", help="Why; kept with the decision.")


@click.command()
@click.argument("run", type=int)
@click.option(
    "--exclude",
    multiple=True,
    metavar="INPUT:LINE",
    help="Leave out what this line changes; may be given several times. A change that no line asks "
    'for, such as a removal, is named by its record: service:{"local_id": "100001", ...}.',
)
@_note
@json_option
@command
def approve(run: int, exclude: tuple[str, ...], note: str, as_json: bool) -> int:
    """Approve held run RUN: apply exactly the plan that was previewed, or refuse if it is stale."""
    approved = approving.approve(the_run(run), person(), SystemClock(), note, _exclusion(exclude))
    audit(approved.district, Action.APPROVED, f"run {run}", left_out=len(exclude))
    return carry_out(approved, as_json=as_json)


def _exclusion(given: tuple[str, ...]) -> "Exclusion":
    lines: dict[str, set[int]] = {}
    keys: dict[str, list[Key]] = {}
    for one in given:
        name, _, what = one.partition(":")
        if what.isdecimal():
            lines.setdefault(name, set()).add(int(what))
        else:
            keys.setdefault(name, []).append(_key(one, what))
    return Exclusion(
        {name: frozenset(numbers) for name, numbers in lines.items()},
        {name: tuple(of) for name, of in keys.items()},
    )


def _key(given: str, text: str) -> dict[str, str | None]:
    try:
        key = json.loads(text)
    except ValueError:
        key = None
    if not isinstance(key, dict):
        wrong_usage(f"--exclude {given!r}: write INPUT:LINE, for example students:12")
    return {name: None if part is None else str(part) for name, part in key.items()}


@click.command()
@click.argument("run", type=int)
@_note
@json_option
@command
def discard(run: int, note: str, as_json: bool) -> None:
    """Discard held run RUN: nothing is written."""
    discarded = approving.discard(the_run(run), person(), SystemClock(), note)
    audit(discarded.district, Action.DISCARDED, f"run {run}")
    if as_json:
        print_json(result(discarded))
    else:
        say(f"Run {run} is discarded; nothing was written.")
