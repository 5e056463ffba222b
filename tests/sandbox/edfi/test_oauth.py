"""How a client signs in, and until when it is let in."""

import base64
from collections.abc import Callable

import pytest
from tests.clock import FakeClock
from tests.sandbox.edfi.client import Client, student

from rollcall.sandbox.edfi import EdfiServer

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def seconds(clock: FakeClock) -> Callable[[], float]:
    return lambda: clock.now().timestamp()


def basic(key: str, secret: str) -> dict[str, str]:
    coded = base64.b64encode(f"{key}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {coded}"}


def test_a_token_is_given_for_key_and_secret(client: Client) -> None:
    got = client.sign_in()
    assert (got.status, got.json["token_type"], got.json["expires_in"]) == (200, "bearer", 1800)
    assert client.get("students").status == 200


def test_the_client_may_say_who_it_is_in_the_body(state: EdfiServer) -> None:
    form = f"grant_type=client_credentials&client_id={state.key}&client_secret={state.secret}"
    body = {
        "grant_type": "client_credentials",
        "client_id": state.key,
        "client_secret": state.secret,
    }
    with Client(state) as client:
        assert client.ask("POST", "/oauth/token", form.encode(), FORM).status == 200
        assert client.ask("POST", "/oauth/token/", body).status == 200


@pytest.mark.parametrize(
    ("headers", "body", "status", "error"),
    [
        (basic("rollcall", "guess"), b"grant_type=client_credentials", 401, "invalid_client"),
        ({"Authorization": "Basic ?"}, b"grant_type=client_credentials", 401, "invalid_client"),
        ({}, b"grant_type=client_credentials", 401, "invalid_client"),
        (basic("rollcall", "demo"), b"grant_type=password", 400, "unsupported_grant_type"),
        (basic("rollcall", "demo"), b"", 400, "unsupported_grant_type"),
    ],
)
def test_nobody_else_gets_one(
    state: EdfiServer, headers: dict[str, str], body: bytes, status: int, error: str
) -> None:
    with Client(state) as client:
        got = client.ask("POST", "/oauth/token", body, FORM | headers)
    assert (got.status, got.json) == (status, {"error": error})


def test_a_body_that_is_no_json_asks_for_nothing(state: EdfiServer) -> None:
    with Client(state) as client:
        assert client.ask("POST", "/oauth/token", b"[1").status == 400
        assert client.ask("POST", "/oauth/token", b"[1]").status == 400
        assert client.ask("GET", "/oauth/token").status == 405


@pytest.mark.parametrize("token", ["", "wrong"])
def test_without_a_good_token_nothing_is_told(state: EdfiServer, token: str) -> None:
    with Client(state) as client:
        client.token = token
        assert client.post("students", student()).status == 401
        assert client.ask("GET", "/changeQueries/v1/availableChangeVersions").status == 401


def test_a_token_lives_half_an_hour_or_as_long_as_is_set() -> None:
    clock = FakeClock()
    with EdfiServer(clock=seconds(clock)) as state, Client(state) as client:
        client.sign_in()
        clock.sleep(1799)
        assert client.get("students").status == 200
        clock.sleep(1)
        assert client.get("students").status == 401
        state.tokens.lifetime = 5
        assert client.sign_in().json["expires_in"] == 5
        clock.sleep(5)
        assert client.get("students").status == 401


def test_all_tokens_can_be_ended(client: Client, state: EdfiServer) -> None:
    state.tokens.expire()
    assert client.get("students").status == 401


def test_only_so_many_tokens_live_at_once() -> None:
    clock = FakeClock()
    with EdfiServer(clock=seconds(clock)) as state, Client(state) as client:
        assert [client.sign_in().status for _ in range(16)] == [200] * 15 + [429]
        clock.sleep(1800)
        assert client.sign_in().status == 200


def test_signing_in_can_fail_to_order(client: Client, state: EdfiServer) -> None:
    state.faults.sign_in = ["503", "500"]
    assert [client.sign_in().status for _ in range(3)] == [503, 500, 200]
