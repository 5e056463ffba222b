"""rollcall worker."""

import click

from rollcall.cli.common import service
from rollcall.engine.installation import upgrading
from rollcall.engine.worker.process import run_worker


@click.command()
@click.option("--until-idle", is_flag=True, help="End when no job is left, instead of waiting.")
@click.option("--concurrency", default=4, show_default=True, help="Jobs carried out side by side.")
@service
def worker(until_idle: bool, concurrency: int) -> None:
    """Carry out scheduled and queued runs until stopped (Ctrl-C lets the run under way end).

    Any number of workers can serve one database; a run whose worker dies is finished by another.
    """
    upgrading.refuse_other_version()
    run_worker(concurrency=concurrency, until_idle=until_idle)
