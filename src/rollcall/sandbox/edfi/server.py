"""The stand-in on a port of this machine's loopback, in a thread."""

import asyncio
import json
import socket
import ssl
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rollcall.sandbox.edfi import certificate
from rollcall.sandbox.edfi.app import StandIn
from rollcall.sandbox.edfi.faults import Faults
from rollcall.sandbox.edfi.http import Connection
from rollcall.sandbox.edfi.identity import Person
from rollcall.sandbox.edfi.oauth import Tokens
from rollcall.sandbox.edfi.store import Key
from rollcall.sandbox.edfi.world import World
from rollcall.sandbox.loop_server import LoopServer

HOST = "127.0.0.1"


class EdfiServer(LoopServer):
    """A stand-in state while it is entered: `with EdfiServer() as state: ... state.url`.

    `faults` can be set while it runs; `registry` too (the students the state's identity service
    knows, by number; None: it takes any). `ca_file` is the certificate to trust with `tls`.
    `clock`: seconds that only grow, for how long tokens are valid.
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        port: int = 0,
        tls: bool = False,
        seed: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.key = "rollcall"
        self.secret = "demo"  # noqa: S105 - of a stand-in that keeps nothing
        self.port = port
        self.world = world or World()
        self.faults = Faults(seed=seed)
        self.tokens = Tokens(self.key, self.secret, clock)
        self._app = StandIn(self.world, self.tokens, self.faults, seed)
        self._tls = tls
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._inside: set[Connection] = set()
        self.ca_file: Path | None = None

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return self._app.url

    @property
    def history(self) -> list[tuple[str, str, Key]]:
        """Every accepted write in order: (method, resource, natural key)."""
        return self._app.writer.history

    @property
    def answered(self) -> Mapping[str, int]:
        """How many answers of which kind there were, as in {"POST 201": 3}."""
        return self._app.answered

    @property
    def registry(self) -> Mapping[str, Person] | None:
        """The students the state knows, by number; None takes any."""
        return self._app.writer.registry

    @registry.setter
    def registry(self, students: Mapping[str, Person] | None) -> None:
        self._app.writer.registry = students

    @property
    def problem_details(self) -> bool:
        """Whether refusals have the newer shape."""
        return self._app.shaper.problem_details

    @problem_details.setter
    def problem_details(self, newer: bool) -> None:
        self._app.shaper.problem_details = newer

    def documents(self, resource: str) -> list[dict[str, Any]]:
        """The documents of a resource as they were sent, by natural key."""
        by_key = list(self._app.store.tables[resource].by_key.items())
        return [
            json.loads(document.body) for _, document in sorted(by_key, key=lambda pair: pair[0])
        ]

    def ids(self, resource: str) -> dict[Key, str]:
        """The id of each document of a resource, by natural key."""
        by_key = list(self._app.store.tables[resource].by_key.items())
        return {key: document.id for key, document in by_key}

    async def listen(self) -> None:
        """Begin to answer, on the running loop."""
        context = None
        if self._tls:
            self._folder = tempfile.TemporaryDirectory()
            self.ca_file, key_file = certificate.write(Path(self._folder.name), HOST)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.ca_file, key_file)
        self._listener = await asyncio.get_running_loop().create_server(
            lambda: Connection(self._app, self._inside),
            HOST,
            self.port,
            ssl=context,
            backlog=1024,
        )
        listening: socket.socket = self._listener.sockets[0]
        self.port = listening.getsockname()[1]
        self._app.url = f"http{'s' if self._tls else ''}://{HOST}:{self.port}"

    async def close(self) -> None:
        """Stop answering."""
        self._listener.close()
        await self.abort()
        await self._listener.wait_closed()
        if self._folder is not None:
            self._folder.cleanup()

    async def abort(self) -> None:
        """Cut every connection there is."""
        for connection in list(self._inside):
            connection.abort()
        while self._inside:
            await asyncio.sleep(0)
