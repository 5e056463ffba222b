from collections.abc import Iterator

import pytest
from tests.sandbox.edfi.client import Client

from rollcall.sandbox.edfi import EdfiServer


@pytest.fixture
def state() -> Iterator[EdfiServer]:
    with EdfiServer() as server:
        yield server


@pytest.fixture
def client(state: EdfiServer) -> Iterator[Client]:
    with Client(state) as signed_in:
        signed_in.sign_in()
        yield signed_in
