"""The connection test of an API: each step told, the server's own words, and where it ends."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.reach import HERE
from tests.servers.http import HttpServer, Last, Seen, answer, http_server
from tests.servers.processes import free_port

from rollcall.transports.check import Step, StepState, check, passed
from rollcall.transports.errors import TransportError
from rollcall.transports.kinds import open_transport
from rollcall.transports.port import Stage
from rollcall.transports.settings import HttpSettings

NOW = datetime(2026, 11, 22, tzinfo=UTC)
OK, FAILED, SKIPPED = StepState.OK, StepState.FAILED, StepState.SKIPPED

Api = Callable[[Seen], bytes]


def api(**changed: Any) -> Api:
    """An API as they are: `changed` are its answers by path, of what is not as usual."""

    def script(seen: Seen) -> bytes:
        host = seen.headers["host"]
        usual = {
            "/": {
                "version": "6.2",
                "dataModels": [{"name": "Ed-Fi", "version": "4.0.0"}],
                "urls": {
                    "oauth": f"http://{host}/connect/token",
                    "dependencies": f"http://{host}/metadata/dependencies",
                },
            },
            "/connect/token": {"access_token": "t0ken", "expires_in": 1800},
            "/metadata/dependencies": [{"resource": "/ed-fi/students", "order": 3}],
        }
        found = changed.get(seen.path, usual.get(seen.path))
        if isinstance(found, bytes):
            return found
        return answer(200 if found else 404, json.dumps(found).encode())

    return script


def settings(url: str, **given: Any) -> HttpSettings:
    own = {"url": url, "key": "key", "secret": "hunter2", "timeout_seconds": 5}
    return HttpSettings.model_validate({**own, **given})


def steps_of(url: str, **given: Any) -> list[Step]:
    return check(settings(url, **given), [], HERE, lambda: NOW)


def states(steps: Sequence[Step]) -> dict[str, StepState]:
    return {step.name: step.state for step in steps}


def said(steps: Sequence[Step]) -> dict[str, str]:
    return {step.name: step.notes for step in steps}


def the_failed(steps: Sequence[Step]) -> Step:
    (failed,) = (step for step in steps if step.state is FAILED)
    return failed


def serving(**changed: Any) -> tuple[list[Step], HttpServer]:
    with http_server(api(**changed)) as server:
        return steps_of(server.url), server


def test_it_goes_all_the_way() -> None:
    steps, server = serving()
    assert passed(steps)
    assert [step.name for step in steps] == ["resolve", "connect", "version", "sign_in", "read"]
    found = said(steps)
    assert found["version"] == "version 6.2; Ed-Fi 4.0.0"
    assert found["sign_in"] == "a token for 1800 seconds"
    assert found["read"] == "1 resources"
    version, sign_in, read = server.seen
    assert "authorization" not in version.headers
    assert (sign_in.path, sign_in.headers["authorization"][:6]) == ("/connect/token", "Basic ")
    assert read.headers["authorization"] == "Bearer t0ken"


def test_the_certificate_is_shown(tmp_path: Path) -> None:
    with http_server(api(), tmp_path) as server:
        steps = steps_of(server.url, ca_certificate=server.ca_certificate)
    assert states(steps)["tls"] is OK
    assert said(steps)["tls"].startswith("TLSv1.3; Rollcall's stand-in state by ")


def test_a_certificate_nobody_vouches_for_ends_it(tmp_path: Path) -> None:
    with http_server(api(), tmp_path) as server:
        steps = steps_of(server.url)
        assert server.seen == []
    assert the_failed(steps).code == "connection.certificate"
    assert "self-signed" in the_failed(steps).notes
    assert states(steps)["sign_in"] is states(steps)["read"] is SKIPPED


def test_no_tls_where_tls_is_expected() -> None:
    with http_server(api()) as server:
        steps = steps_of(server.url.replace("http:", "https:"))
    assert the_failed(steps).code == "connection.protocol"


def test_a_key_that_is_refused_with_the_servers_own_words() -> None:
    refused = answer(401, b'{"error": "invalid_client"}')
    steps, _ = serving(**{"/connect/token": refused})
    failed = the_failed(steps)
    assert (failed.name, failed.code) == ("sign_in", "connection.key_refused")
    assert failed.notes == "invalid_client"
    assert "secret" in failed.advice
    assert "hunter2" not in str(steps)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (answer(503, b'{"message": "Busy"}'), "connection.failed"),
        (answer(200, b"<html>"), "connection.no_api"),
        (answer(404), "connection.no_api"),
        (Last(b""), "connection.lost"),
    ],
)
def test_a_sign_in_that_does_not_work(found: bytes, code: str) -> None:
    steps, _ = serving(**{"/connect/token": found})
    assert (the_failed(steps).name, the_failed(steps).code) == ("sign_in", code)


_SAID = json.dumps(
    {"detail": "hunter2", "message": "hunter2", "error": "hunter2", "error_description": "hunter2"}
).encode()


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 418, 429, 500, 503])
@pytest.mark.parametrize("body", [_SAID, b"hunter2", b"<html>hunter2"])
@pytest.mark.parametrize("path", ["/", "/connect/token", "/metadata/dependencies"])
def test_a_service_that_is_no_such_api_cannot_be_read_through_the_test(
    path: str, body: bytes, status: int
) -> None:
    """Whatever listens at an address is asked; of its words only the protocol's own are shown."""
    with http_server(api(**{path: answer(status, body, Server="hunter2")})) as server:
        steps = check(settings(server.url, secret="other"), [], HERE, lambda: NOW)
    assert "hunter2" not in str(steps)


@pytest.mark.parametrize(
    "description",
    [
        {"version": "hunter2"},
        {"version": ["hunter2"]},
        {"version": "6.2 hunter2"},
        {"version": "6.2", "dataModels": [{"name": "the hunter2", "version": "1.0"}]},
        {"version": "6.2", "dataModels": [{"name": "Ed-Fi", "version": "hunter2"}]},
        {"version": "6.2", "dataModels": [{"name": {"a": "hunter2"}, "version": "1"}]},
    ],
)
def test_what_is_no_version_is_not_shown(description: Any) -> None:
    with http_server(api(**{"/": answer(200, json.dumps(description).encode())})) as server:
        steps = check(settings(server.url, secret="other"), [], HERE, lambda: NOW)
    assert "hunter2" not in str(steps)
    assert said(steps)["version"].startswith("version ")


def test_an_api_that_does_not_describe_itself_is_signed_in_to_all_the_same() -> None:
    token = {"access_token": "t0ken"}
    steps, server = serving(**{"/": answer(404), "/oauth/token": token})
    assert passed(steps)
    assert said(steps)["version"] == "the API does not describe itself (HTTP 404)"
    assert said(steps)["read"] == "the API does not say where its list of resources is"
    assert [seen.path for seen in server.seen] == ["/", "/oauth/token"]


def test_the_secret_goes_nowhere_but_where_the_settings_say() -> None:
    with http_server(lambda _: answer(200, b"{}")) as elsewhere:
        description = {"version": "1", "urls": {"oauth": f"{elsewhere.url}/token"}}
        _, server = serving(**{"/": description})
        assert elsewhere.seen == []
    assert [seen.path for seen in server.seen] == ["/", "/oauth/token"]


@pytest.mark.parametrize("odd", [[], "text", {"urls": 7, "dataModels": 7}, {"urls": {"oauth": 7}}])
def test_an_odd_description_says_nothing(odd: Any) -> None:
    steps, _ = serving(**{"/": answer(200, json.dumps(odd).encode())})
    assert states(steps)["version"] is OK


def test_nobody_listens() -> None:
    steps = steps_of(f"https://127.0.0.1:{free_port()}")
    assert (the_failed(steps).name, the_failed(steps).code) == ("connect", "connection.refused")
    assert states(steps)["tls"] is SKIPPED


def test_an_api_has_no_files() -> None:
    found = settings("https://api.example.org")
    with pytest.raises(TransportError) as caught, open_transport(found, HERE):
        pass
    assert caught.value.code == "connection.no_files"


def test_every_step_has_its_own_stage() -> None:
    assert {step.name for step in steps_of(f"https://127.0.0.1:{free_port()}")} <= set(Stage)
