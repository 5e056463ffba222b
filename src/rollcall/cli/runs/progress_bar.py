"""A progress bar on the terminal for a run under way; nothing where nobody looks."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from rollcall.engine.models import Step
from rollcall.engine.runs.progress import Watcher, unwatched


@contextmanager
def watching(title: str) -> Iterator[Watcher]:
    """A watcher that shows step and rows on stderr while a run is carried out."""
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
        steps = list(Step)
        task = progress.add_task(title, total=len(steps), where="")

        def watch(step: Step, rows: int) -> None:
            counted = f", {rows:,} rows" if rows else ""
            place = steps.index(step)
            where = f"step {place + 1} of {len(steps)}: {step}{counted}"
            progress.update(task, completed=place, where=where)

        yield watch
