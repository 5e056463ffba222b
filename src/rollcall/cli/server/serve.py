"""rollcall serve."""

from errno import EADDRINUSE

import click
from django.conf import settings
from django.urls import reverse

from rollcall.access import first_start
from rollcall.access.concurrency_limits import THREADS
from rollcall.cli.common import say, service
from rollcall.console import server
from rollcall.engine.installation import database_connections, upgrading
from rollcall.engine.runs.results import FAILED


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8080, show_default=True, help="Port to listen on; 0 takes any that is free."
)
@service
def serve(host: str, port: int) -> None:
    """Serve the web pages. While there is no account, prints a one-time code for the first admin.

    For use from other machines put a proxy with TLS in front, and set ROLLCALL_URL to its address.
    """
    upgrading.refuse_other_version()
    database_connections.check(THREADS)
    try:
        listening = server.listening(host, port)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or "there is no such address"
        if isinstance(error, OSError) and error.errno == EADDRINUSE:
            why = "another program uses this port"
        click.secho(f"Rollcall cannot listen on {host} port {port}: {why}.", err=True, bold=True)
        advice = "What to do: stop that program, or choose another with --port or --host."
        click.echo(advice, err=True)
        raise click.exceptions.Exit(FAILED) from None
    say(f"Rollcall listens on {listening.address}")
    if code := first_start.new_code():
        page = f"{settings.ROLLCALL_URL}{reverse('first-start')}"
        say(f"There is no account yet. Set up the first admin at {page}")
        say(f"with this code, which works once: {code}")
    server.serve(listening)
