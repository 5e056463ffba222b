"""rollcall explain."""

from dataclasses import asdict

import click

from rollcall.access.audit import Action
from rollcall.cli.common import audit, command, json_option, print_json, say
from rollcall.cli.lookups import the_run
from rollcall.engine.plans.explaining import explain as ask


@click.command()
@click.argument("run", type=int)
@click.argument("line", type=int)
@click.option("--input", help="Which input the line is of; the first when not given.")
@json_option
@command
def explain(run: int, line: int, input: str | None, as_json: bool) -> None:
    """Explain line LINE of run RUN: which rule matched it or why none did, and what it changed.

    LINE is the OriginalLineNumber of the reports: the record's number, the header not counted.
    """
    of = the_run(run)
    answer = ask(of, line, input)
    audit(of.district, Action.SAW, f"run {run}", input=answer.input, line=line)
    if as_json:
        print_json(asdict(answer))
        return
    whom = f" to student {answer.local_id}" if answer.local_id else ""
    say(f"Line {line} of {answer.input}: {answer.outcome}{whom} (rule: {answer.rule})")
    for reason in answer.reasons:
        say(f"  {reason}")
    for one in answer.findings:
        field = f"{one['field']}: " if one["field"] else ""
        detail = f" ({one['detail']})" if one["detail"] else ""
        say(f"  {field}{one['text']}{detail}. What to do: {one['what_to_do']} [{one['code']}]")
    for change in answer.changes:
        before, after = (change[side] or "(blank)" for side in ("before", "after"))
        say(f"  {change['change']} {change['field']}: {before} -> {after}")
