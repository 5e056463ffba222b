"""What travels over HTTP: a request, and the answer to it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Request(NamedTuple):
    """What is asked of an API: `path` is below the connection's address."""

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = MappingProxyType({})


class Answer(NamedTuple):
    """What came back. `status` 0: no answer (`error` says why). Header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    error: str = ""
