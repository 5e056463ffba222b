"""A run on the terminal, for people."""

from typing import Any

from rich.console import Console
from rich.table import Table

from rollcall.engine.models import Run
from rollcall.engine.runs.results import result


def show_run(run: Run, *, findings: bool = True) -> None:
    """Print a run: what became of it, the numbers, guards, findings (or not), reports."""
    console = Console(highlight=False)
    said = result(run)
    test = "TEST: no data was written. " if run.test else ""
    console.print(f"[bold]{test}Run {run.pk}, {run.sync.name}: {said['meaning']}.[/bold]")
    if run.error_text:
        console.print(run.error_text, markup=False)
    _counts(console, said["counts"])
    if said["carried"]:
        console.print(
            f"{said['carried']:,} rows are as run {said['carried_from']} decided them; nothing "
            "about them has been touched since. (--force decides all anew.)"
        )
    for guard in said["guards"]:
        if guard["tripped"]:
            console.print(f"Guard: {guard['sentence']}", markup=False)
    if findings:
        _findings(console, said["findings"])
    if said["reports"]:
        console.print(f"Reports ({len(said['reports'])}): rollcall reports {run.pk} FOLDER")
    if run.state == "held":
        console.print(f"Next: rollcall approve {run.pk}, or rollcall discard {run.pk}")


def _counts(console: Console, counts: dict[str, dict[str, int]]) -> None:
    if not counts:
        return
    table = Table(box=None, pad_edge=False, header_style="")
    table.add_column("")
    for input in counts:
        table.add_column(input, justify="right")
    for kind in next(iter(counts.values())):
        table.add_row(kind, *(f"{numbers.get(kind, 0):,}" for numbers in counts.values()))
    console.print(table)


def _findings(console: Console, findings: list[dict[str, Any]]) -> None:
    for one in findings:
        place = f", {one['input']}" if one["input"] else ""
        head = f"{one['severity']}{place}: {one['count']:,} x {one['text']} [{one['code']}]"
        console.print(head, markup=False)
        console.print(f"  What to do: {one['what_to_do']} Who: {one['who']}.", markup=False)
