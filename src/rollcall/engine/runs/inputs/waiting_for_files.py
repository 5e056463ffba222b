"""Waiting until a file has been written to its end."""

from rollcall.core.files.file_settling import (
    Look,
    Patience,
    Verdict,
    decide,
)
from rollcall.engine.clock import Clock
from rollcall.transports.errors import STILL_WRITTEN, TransportError
from rollcall.transports.port import FileStat, Transport


def wait_until_settled(
    transport: Transport, name: str, clock: Clock, patience: Patience | None = None
) -> FileStat:
    """How the file looks once nobody writes it any more (core.files.file_settling).

    TransportError with code file.still_written when the patience is over, file.missing when there
    is no such file.
    """
    patience = patience or Patience()
    looks: list[Look] = []
    while True:
        file_status = transport.stat(name)
        looks.append(Look(clock.now(), file_status.size, file_status.modified))
        decision = decide(looks, patience)
        if decision.verdict is Verdict.SETTLED:
            return file_status
        if decision.verdict is Verdict.GAVE_UP:
            raise TransportError(STILL_WRITTEN, f"{name}, after {patience.limit:.0f} seconds")
        clock.sleep(decision.wait)
