"""`python -m rollcall.sandbox.edfi`: the stand-in state in a process of its own.

Prints one JSON line with its address, key, secret and the certificate to trust, then answers until
it is stopped.
"""

import asyncio
import contextlib
import csv
import gc
import importlib
import json
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from rollcall.sandbox.edfi.identity import Person
from rollcall.sandbox.edfi.server import EdfiServer
from rollcall.sandbox.edfi.world import World


@click.command()
@click.option("--port", default=0, help="0: any that is free.")
@click.option("--tls", is_flag=True, help="Answer by https, with a certificate made anew.")
@click.option("--latency-ms", default=0.0, help="Wait so long before each request is processed.")
@click.option("--district", default=World().district, help="The district's Ed-Fi id.")
@click.option("--school", "schools", multiple=True, type=int, help="A school's Ed-Fi id.")
@click.option("--year", default=World().school_year, help="The school year, by its ending year.")
@click.option("--year-in-path", is_flag=True, help="Addresses have the year.")
@click.option(
    "--students-registry",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV of the students the state knows: number, last, first, birth, sex, middle.",
)
@click.option("--problem-details", is_flag=True, help="Refuse in the newer shape.")
@click.option("--most-tokens", default=15, help="How many tokens can be valid at once.")
@click.option("--seed", default=0, help="Of the chances of faults.")
def main(  # noqa: PLR0913, PLR0917 - click passes options by name
    port: int,
    tls: bool,
    latency_ms: float,
    district: int,
    schools: tuple[int, ...],
    year: int,
    year_in_path: bool,
    students_registry: Path | None,
    problem_details: bool,
    most_tokens: int,
    seed: int,
) -> None:
    """Stand in for a state's Ed-Fi API on this machine's loopback."""
    world = World(district, schools or World().schools, year, year_in_path)
    server = EdfiServer(world, port=port, tls=tls, seed=seed)
    server.faults.latency = latency_ms / 1000
    server.problem_details = problem_details
    server.tokens.most = most_tokens
    server.registry = read_registry(students_registry) if students_registry else None
    loop_factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    with contextlib.suppress(ImportError):  # uvloop takes a fifth less CPU for each request
        loop_factory = importlib.import_module("uvloop").new_event_loop
    runner = asyncio.Runner(loop_factory=loop_factory)
    with contextlib.suppress(KeyboardInterrupt), runner:
        runner.run(_answer(server))


def read_registry(file: Path) -> Mapping[str, Person]:
    """The students the state knows, from a CSV with the columns number, last, first, birth (as in
    2015-03-04), sex and middle.
    """
    with file.open(newline="", encoding="utf-8") as lines:
        return {row.pop("number"): Person(**row) for row in csv.DictReader(lines)}


async def _answer(server: EdfiServer) -> None:
    ended = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, ended.set)
    await server.listen()
    address = {"url": server.url, "key": server.key, "secret": server.secret}
    click.echo(json.dumps({**address, "ca_file": str(server.ca_file or "")}))
    sys.stdout.flush()
    gc.freeze()
    gc.set_threshold(200_000, 50, 1000)  # documents are never in circles
    await ended.wait()
    await server.close()


if __name__ == "__main__":
    main()
