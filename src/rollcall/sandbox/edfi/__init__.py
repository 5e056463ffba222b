"""A stand-in for a state's Ed-Fi API (ODS/API 6.2, Data Standard 4.0), for the demo and the tests.

It keeps its documents in memory and behaves as the real one does where a client can notice: tokens,
natural keys, references, claims, ETags, pages, change queries, both shapes of refusals. What goes
wrong is to order (`faults`). It listens on loopback only.
"""

from rollcall.sandbox.edfi.faults import Faults
from rollcall.sandbox.edfi.identity import Person
from rollcall.sandbox.edfi.server import EdfiServer
from rollcall.sandbox.edfi.world import World

__all__ = ["EdfiServer", "Faults", "Person", "World"]
