"""Hostile values in every part of every operation: its path, its query, each field of its body; and
what JSON has where text or a number belongs. A refusal in words, never an error of ours.

The operations and their fields are read off the API's own document, so what is added is tried too.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils.http import urlencode
from tests.api.programs import token_text
from tests.browser.world import World, build
from tests.console.test_hostile import HOSTILE
from tests.town_fixtures import five_students, new_town, table_a_line

from rollcall.access.roles import Role
from rollcall.api import callers
from rollcall.api.document import api

_DOCUMENT = api.openapi()
OPERATIONS = sorted(
    (method, path, operation["operationId"])
    for path, methods in _DOCUMENT["paths"].items()
    for method, operation in methods.items()
)
#: What is no text, no number, no list of either.
OF_ANOTHER_KIND: tuple[Any, ...] = (
    {}, {"a": {"b": []}}, [], [[[]]], [None], None, True, 1.5, -1, 10**18, 10**40, 1e300, "", " "
)  # fmt: skip
#: Parts of paths where something is there of that number or name.
_THERE = {"name": "casemis", "line": 1, "record": "student", "code": "match.unknown_name"}


@pytest.fixture(scope="module")
def world(wired: None, tmp_path_factory: pytest.TempPathFactory) -> World:
    return build(new_town(tmp_path_factory.mktemp("hostile")), five_students(), table_a_line)


@pytest.fixture
def program(world: World, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(callers, "clock", world.town.clock)
    token = token_text(world.town, Role.ADMIN)
    return Client(headers={"Authorization": f"Bearer {token}"}, raise_request_exception=False)


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return dict(_DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return schema


def bodies(operation: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(what is hostile, the body) for each field, as text no JSON library of ours writes."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return
    yield from (("all", text) for text in ("", "[]", "null", "1", '"x"', "{", "NaN", "[" * 9999))
    fields = resolved(content["schema"]).get("properties", {})
    plain = {name: _plain(resolved(one)) for name, one in fields.items()}
    for name in fields:
        for value in OF_ANOTHER_KIND:
            yield name, json.dumps({**plain, name: value})
        for text in HOSTILE:
            escaped = json.dumps(text)  # half of a character as an escape, as programs send it
            yield name, json.dumps({**plain, name: "HERE"}).replace('"HERE"', escaped)
        yield name, json.dumps({**plain, name: "HERE"}).replace('"HERE"', "1e999")


def _plain(schema: dict[str, Any]) -> Any:
    kinds = {"string": "x", "integer": 1, "boolean": True, "array": [], "object": {}}
    return schema.get("default", kinds.get(schema.get("type", "")))


def is_refused_in_words(answer: Any) -> bool:
    if answer.status_code >= 500:
        return False
    if answer.status_code >= 400:
        said = answer.json()
        return bool(said["title"] and said["what_to_do"] and said["who"])
    return True


@pytest.mark.parametrize(("method", "path", "name"), OPERATIONS, ids=str)
def test_an_operation(method: str, path: str, name: str, program: Client, world: World) -> None:
    operation = _DOCUMENT["paths"][path][method]
    there = {**world.parts, **_THERE}
    parameters = operation.get("parameters", ())
    in_path = [one["name"] for one in parameters if one["in"] == "path"]
    query = [one["name"] for one in parameters if one["in"] == "query"]
    good = path.format(**{part: there[part] for part in in_path})
    failed = []

    def ask(where: str, body: str = "{}") -> None:
        answer = program.generic(method.upper(), where, body, "application/json")
        if answer.streaming:
            b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        elif not is_refused_in_words(answer):
            failed.append((where, body[:80], answer.status_code))

    for value in HOSTILE:
        said = urlencode({"": value.encode("utf-8", "surrogateescape")}).removeprefix("=")
        for part in in_path:
            ask(path.format(**{**{p: there[p] for p in in_path}, part: said}))
        ask(f"{good}?" + "&".join(f"{one}={said}" for one in query))
    if method != "get":
        nothing = path.format(**{**{p: there[p] for p in in_path}, **not_there(in_path)})
        for _, body in bodies(operation):
            ask(nothing, body)
    assert failed == []


def not_there(parts: list[str]) -> dict[str, Any]:
    """So that a body that can be carried out changes nothing of what the others look at."""
    return {"number": 987654321} if "number" in parts else {}
