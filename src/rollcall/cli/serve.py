"""rollcall serve."""

import os

import click

from rollcall.cli.common import say


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, help="Port to listen on.")
def serve(host: str, port: int) -> None:
    """Serve the web pages. While there is no account, prints a one-time code for the first admin.

    For others than this machine put a proxy with TLS in front, and set ROLLCALL_URL to its address.
    """
    from rollcall import wiring

    wiring.set_up(service=True)
    from django.conf import settings
    from django.urls import reverse

    from rollcall.access import first_start
    from rollcall.console.server import serve as run_server

    if code := first_start.new_code():
        address = os.environ.get("ROLLCALL_URL") and settings.ROLLCALL_URL
        page = f"{address or f'http://{host}:{port}'}{reverse('first-start')}"
        say(f"There is no account yet. Set up the first admin at {page}")
        say(f"with this code, which works once: {code}")
    run_server(host, port)
