"""How each demo ends: lines of its summary, how to sign in, and a worker beside the pages."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
    """The folder for a demo's own files: beside ROLLCALL_HOME, which no connection may use."""
    return home().with_name(f"{home().name}-{name}")


def line(label: str, text: str) -> None:
    """A fact of the summary."""
    console.print(f"{label:<10} {text}", markup=False)


def step(what: str, page: str, command: str) -> None:
    """Where to look next: a page, and the command that shows the same."""
    console.print(f"  {what:<24} {page}\n  {'':<24} or: rollcall {command}", markup=False)


def page_of(district: str, name: str, **parts: int | str) -> str:
    """The whole address of a page."""
    return f"{settings.ROLLCALL_URL}{reverse(name, kwargs={'district': district, **parts})}"


def invite(email: str) -> None:
    """The person who may do everything, with a new password each time."""
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
    """The pages until stopped, and a worker, which carries out what is started there."""
    console.print(f"\nRollcall listens on {at.address}. Ctrl-C ends the demo.")
    with _worker(log):
        serve(at)


@contextmanager
def _worker(log: Path) -> Iterator[None]:
    """A worker that ends with the demo."""
    command = Path(sys.executable).with_name("rollcall")
    environ = {**os.environ, "ROLLCALL_URL": settings.ROLLCALL_URL}
    with log.open("ab") as said:
        beside = subprocess.Popen([command, "worker"], stdout=said, stderr=said, env=environ)
        try:
            yield
        finally:
            beside.terminate()
            beside.wait()
