"""rollcall explain."""

from dataclasses import asdict

import click

from rollcall.access.audit import Action
from rollcall.cli.common import audit, command, json_option, print_json, run_argument, say
from rollcall.cli.lookups import the_run
from rollcall.engine.plans import explaining


@click.command()
@run_argument
@click.argument("line", type=int)
@click.option("--input", "input_name", help="Which input the line is of; by default the first.")
@json_option
@command
def explain(run_number: int, line: int, input_name: str | None, as_json: bool) -> None:
    """Explain line LINE of run RUN: which rule matched it or why none did, and what it changed.

    LINE is the OriginalLineNumber of the reports: the record's number, the header not counted. Of a
    run that sends it is the number of a document, and --input names its resource.
    """
    run = the_run(run_number)
    answer = explaining.explain(run, line, input_name)
    audit(run.district, Action.SAW, f"run {run_number}", input=answer.input, line=line)
    if as_json:
        print_json(asdict(answer))
        return
    student = f" to student {answer.local_id}" if answer.local_id else ""
    say(f"Line {line} of {answer.input}: {answer.outcome}{student} (rule: {answer.rule})")
    for reason in answer.reasons:
        say(f"  {reason}")
    for finding in answer.findings:
        field = f"{finding['field']}: " if finding["field"] else ""
        detail = f" ({finding['detail']})" if finding["detail"] else ""
        advice = f"What to do: {finding['what_to_do']} [{finding['code']}]"
        say(f"  {field}{finding['text']}{detail}. {advice}")
    for change in answer.changes:
        before, after = (change[side] or "(blank)" for side in ("before", "after"))
        say(f"  {change['change']} {change['field']}: {before} -> {after}")
