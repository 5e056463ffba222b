"""rollcall serve."""

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, help="Port to listen on.")
def serve(host: str, port: int) -> None:
    """Serve the web pages. People sign in; invite the first with `rollcall user add`.

    For others than this machine put a proxy with TLS in front, and set ROLLCALL_URL to its address.
    """
    from rollcall import wiring

    wiring.set_up(service=True)
    from rollcall.console.server import serve as run_server

    run_server(host, port)
