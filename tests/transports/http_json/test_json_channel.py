"""What the channel over HTTP makes of statuses: overload, refused tokens, lost documents."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from rollcall.core.sending.channel import Kind, Limits, Next, Opening, Operation, Verdict
from rollcall.integrations.edfi.api import API
from rollcall.integrations.edfi.resources import RESOURCES, SCHOOL_ASSOCIATIONS
from rollcall.integrations.edfi.settings import EdfiSettings
from rollcall.transports.http_json.channel import JsonChannel
from rollcall.transports.http_messages import Answer, Request
from rollcall.transports.memory_channel import MemorySession
from rollcall.transports.settings import HttpSettings

NOW = datetime(2025, 10, 15, 15, tzinfo=UTC)
KEY = "0625000000001\x1f10625010\x1f20333"
OLD_KEY = "0625000000001\x1f10625010\x1f20340"
TOKEN = Answer(200, {}, b'{"access_token": "new", "expires_in": 900}', 0.01)


class Scripted:
    """An HTTP client whose answers are given in advance, by method."""

    settings = HttpSettings.model_validate(
        {"url": "https://state.example.org", "key": "key", "secret": "secret"}
    )

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self._answer, self._sent = answer, list[tuple[object, Request]]()
        self.requests: list[str] = []

    def send(self, tag: object, request: Request, token: str = "") -> None:
        self._sent.append((tag, request))
        if "oauth" not in request.path:
            self.requests.append(request.method)

    def poll(self, seconds: float) -> list[tuple[object, Answer]]:
        sent, self._sent = self._sent, []
        return [
            (tag, TOKEN if "oauth" in request.path else self._answer(request))
            for tag, request in sent
        ]

    def close(self) -> None:
        pass


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    return Answer(status, headers, json.dumps(body).encode(), 0.02)


def channel(client: Scripted) -> JsonChannel:
    settings = EdfiSettings(local_education_agency_id="10625000", concurrency=64)
    session = MemorySession()
    session.write("old", NOW + timedelta(days=1))
    seconds = count()
    opening = Opening(
        client, settings, "2025-2026", lambda: NOW + timedelta(seconds=next(seconds)), session
    )
    return JsonChannel(opening, API, RESOURCES)


def operation(kind: Kind, **more: Any) -> Operation:
    return Operation(None, kind, SCHOOL_ASSOCIATIONS.name, KEY, document=b"{}", **more)


def verdict(opened: JsonChannel, asked: Operation) -> Verdict:
    assert opened.room() > 0
    opened.submit(asked)
    for _ in range(20):
        for _, got in opened.poll(0.0):
            return got
    raise AssertionError("no verdict")


def test_its_limits_are_those_of_the_settings() -> None:
    assert channel(Scripted(lambda request: answer(201))).limits == Limits(64)


@pytest.mark.parametrize("status", [0, 408, 429, 502, 503, 504])
def test_what_says_too_much_slows_down(status: int) -> None:
    assert room_after(status) < 4


@pytest.mark.parametrize("status", [200, 204, 400, 403, 404, 409, 412, 500])
def test_other_answers_do_not(status: int) -> None:
    assert room_after(status) > 4


def room_after(status: int) -> int:
    """How many go at once after many answers with this status; 4 in the beginning."""
    opened = channel(Scripted(lambda request: answer(status)))
    assert opened.room() == 4
    for _ in range(32):
        verdict(opened, operation(Kind.PUT))
    return opened.room()


def test_a_token_that_is_never_taken_is_tried_three_times() -> None:
    client = Scripted(lambda request: answer(401))
    got = verdict(channel(client), operation(Kind.PUT))
    assert (got.next, got.code) == (Next.AGAIN, "edfi.sign_in_refused")
    assert client.requests == ["POST"] * 3


FOUND = [{"id": "0f3a"}]


@pytest.mark.parametrize(
    ("asked", "answers", "requests"),
    [
        (operation(Kind.REMOVE, id="0f3a"), [204], ["DELETE"]),
        (operation(Kind.REMOVE), [FOUND, 204], ["GET", "DELETE"]),
        (operation(Kind.REMOVE), [[]], ["GET"]),
        (operation(Kind.PUT, old_key=OLD_KEY, id="0f3a"), [204], ["PUT"]),
        (operation(Kind.PUT, old_key=OLD_KEY), [FOUND, 204], ["GET", "PUT"]),
        (operation(Kind.PUT, old_key=OLD_KEY), [[], 201], ["GET", "POST"]),
        (operation(Kind.PUT, old_key=OLD_KEY, id="1"), [404, FOUND, 204], ["PUT", "GET", "PUT"]),
        (operation(Kind.PUT, old_key=OLD_KEY, id="1"), [404, [], 201], ["PUT", "GET", "POST"]),
    ],
)
def test_a_document_is_looked_for_where_that_is_needed(
    asked: Operation, answers: Iterable[Any], requests: list[str]
) -> None:
    coming = iter(answers)

    def next_answer(request: Request) -> Answer:
        given = next(coming)
        return answer(200, given) if isinstance(given, list) else answer(given)

    client = Scripted(next_answer)
    assert verdict(channel(client), asked).next is Next.ACCEPTED
    assert client.requests == requests


def test_a_document_that_moves_again_and_again_is_not_followed_for_ever() -> None:
    client = Scripted(
        lambda request: answer(200, FOUND) if request.method == "GET" else answer(404)
    )
    got = verdict(channel(client), operation(Kind.PUT, old_key=OLD_KEY, id="1"))
    assert (got.next, got.code) == (Next.REFUSED, "edfi.not_found")
    assert client.requests == ["PUT", "GET", "PUT"]
