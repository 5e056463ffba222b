"""A run on the terminal, for people: its progress while it is carried out, then what came of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from rollcall.core.jobs import NOTIFY
from rollcall.engine.clock import SystemClock
from rollcall.engine.models import Run
from rollcall.engine.runs.results import result
from rollcall.engine.runs.run_row import Watcher, unwatched
from rollcall.engine.runs.runner import execute
from rollcall.engine.runs.steps import job_of


def execute_watched(run: Run) -> Run:
    """Carry out the run in this process, with a progress bar on stderr if that is a terminal."""
    steps = [step.name for step in (*job_of(run).steps, NOTIFY)]
    with _progress_bar(f"Run {run.pk}, {run.sync.name}", steps) as watcher:
        return execute(run.pk, SystemClock(), watcher)


@contextmanager
def _progress_bar(title: str, steps: list[str]) -> Iterator[Watcher]:
    console = Console(stderr=True)
    if not console.is_terminal:
        yield unwatched
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[where]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=len(steps), where="")

        def watch(step: str, rows: int) -> None:
            row_count = f", {rows:,} rows" if rows else ""
            steps_done = steps.index(step)
            where = f"step {steps_done + 1} of {len(steps)}: {step}{row_count}"
            progress.update(task, completed=steps_done, where=where)

        yield watch


def show_run(run: Run, *, findings: bool = True) -> None:
    """Print a run: how it ended, counts, tripped guards, findings (or not), reports, next step."""
    console = Console(highlight=False)
    facts = result(run)
    test = "TEST: no data was written. " if run.test else ""
    console.print(f"[bold]{test}Run {run.pk}, {run.sync.name}: {facts['meaning']}.[/bold]")
    if run.error_text:
        console.print(run.error_text, markup=False)
    if facts["counts"]:
        console.print(_counts_table(facts["counts"]))
    if facts["carried"]:
        console.print(
            f"{facts['carried']:,} rows are as run {facts['carried_from']} decided them; nothing "
            "about them has been touched since. (--force decides all anew.)"
        )
    for guard in facts["guards"]:
        if guard["tripped"]:
            console.print(f"Guard: {guard['sentence']}", markup=False)
    for finding in facts["findings"] if findings else ():
        place = f", {finding['input']}" if finding["input"] else ""
        title = f"{finding['count']:,} x {finding['text']} [{finding['code']}]"
        console.print(f"{finding['severity']}{place}: {title}", markup=False)
        advice = f"  What to do: {finding['what_to_do']} Who: {finding['who']}."
        console.print(advice, markup=False)
    if facts["reports"]:
        console.print(f"Reports ({len(facts['reports'])}): rollcall reports {run.pk} FOLDER")
    if run.state == "held":
        console.print(f"Next: rollcall approve {run.pk}, or rollcall discard {run.pk}")


def _counts_table(counts: dict[str, dict[str, int]]) -> Table:
    """A column for each input, a row for each kind of count."""
    table = Table(box=None, pad_edge=False, header_style="")
    table.add_column("")
    for input_name in counts:
        table.add_column(input_name, justify="right")
    for kind in next(iter(counts.values())):
        table.add_row(kind, *(f"{numbers.get(kind, 0):,}" for numbers in counts.values()))
    return table
