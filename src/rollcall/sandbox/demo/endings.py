"""How each demo ends: its summary, how to sign in, and the pages with a worker."""

import os
import secrets
import subprocess
import sys
from errno import EADDRINUSE
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from rich.console import Console

from rollcall.access.models import User
from rollcall.console.server import Listening, listening, serve
from rollcall.home import home

#: Tried one after the other: another demo may be running.
_PORTS = range(8080, 8100)

console = Console(highlight=False, soft_wrap=True)


def beside_home(name: str) -> Path:
    """The folder for a demo's own files: beside ROLLCALL_HOME, which no connection can use."""
    return home().with_name(f"{home().name}-{name}")


def line(label: str, text: str) -> None:
    """A fact of the summary."""
    console.print(f"{label:<10} {text}", markup=False)


def step(what: str, page: str, command: str) -> None:
    """Where to look next: a page, and the command that shows the same."""
    console.print(f"  {what:<24} {page}\n  {'':<24} or: rollcall {command}", markup=False)


def page_of(district: str, name: str, **parts: int | str) -> str:
    """The full address of a page."""
    return f"{settings.ROLLCALL_URL}{reverse(name, kwargs={'district': district, **parts})}"


def invite(email: str) -> None:
    """Show how to sign in as the person with all abilities, with a new password each time."""
    person = User.objects.get(email=email)
    password = secrets.token_urlsafe(9)
    person.set_password(password)
    person.save(update_fields=["password"])
    console.print(f"\n[bold]Web pages[/bold] {settings.ROLLCALL_URL}")
    console.print(f"  e-mail   {email}\n  password {password}", markup=False)


def listen() -> Listening:
    """The server of the pages, on the first of our ports that is free; links then lead there."""
    for port in _PORTS:
        try:
            return listening("127.0.0.1", port)
        except OSError as error:
            if error.errno != EADDRINUSE:
                raise
    return listening("127.0.0.1", 0)


def serve_with_worker(at: Listening, log: Path) -> None:
    """Serve the pages until stopped, with a worker that carries out what is started there."""
    console.print(f"\nRollcall listens on {at.address}. Ctrl-C ends the demo.")
    command = [str(Path(sys.executable).with_name("rollcall")), "worker"]
    environ = {**os.environ, "ROLLCALL_URL": settings.ROLLCALL_URL}
    with log.open("ab") as output:
        worker = subprocess.Popen(command, stdout=output, stderr=output, env=environ)
        try:
            serve(at)
        finally:
            worker.terminate()
            worker.wait()
