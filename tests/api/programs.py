"""Programs that ask the API with a token."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.console.people import somebody
from tests.town import Town

from rollcall.access import tokens
from rollcall.access.roles import Role
from rollcall.api import callers


class Program:
    """Asks with a token; paths are those below /api/."""

    def __init__(self, text: str) -> None:
        self._client = Client(headers={"Authorization": f"Bearer {text}"} if text else None)

    def get(self, path: str, **query: Any) -> Any:
        return self._client.get(f"/api/{path}", query)

    def post(self, path: str, body: Any = None) -> Any:
        return self._sent("POST", path, body)

    def put(self, path: str, body: Any) -> Any:
        return self._sent("PUT", path, body)

    def patch(self, path: str, body: Any) -> Any:
        return self._sent("PATCH", path, body)

    def delete(self, path: str) -> Any:
        return self._client.delete(f"/api/{path}")

    def upload(self, path: str, fields: dict[str, Any]) -> Any:
        return self._client.post(f"/api/{path}", fields)

    def generic(self, method: str, path: str) -> Any:
        return self._client.generic(method, path)

    def _sent(self, method: str, path: str, body: Any) -> Any:
        ask = getattr(self._client, method.lower())
        sent = {} if body is None else body
        return ask(f"/api/{path}", sent, content_type="application/json")


#: A program with a new token of a new person, both with that role.
Calling = Callable[[Role], Program]


def token_text(town: Town, role: Role, **how: Any) -> str:
    """The text of a new token."""
    return tokens.make(somebody(town, role), town.district, role, "test", town.clock, **how)[1]


@pytest.fixture
def calling(town: Town, monkeypatch: pytest.MonkeyPatch) -> Calling:
    """Asks as a program with a role in the town; the API sees the town's clock."""
    monkeypatch.setattr(callers, "clock", town.clock)
    return lambda role: Program(token_text(town, role))
