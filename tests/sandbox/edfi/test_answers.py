"""The newer shape of refusals: each kind with its type."""

from collections.abc import Callable

import pytest
from tests.sandbox.edfi.client import Client, Got, calendar, demographics, enrollment, student

from rollcall.sandbox.edfi import EdfiServer

ID = "0" * 32
STALE = {"If-Match": '"1"'}


def dependent(client: Client) -> Got:
    number = client.post("students", student()).id
    client.post("studentSchoolAssociations", enrollment())
    return client.delete(f"students/{number}")


def key_change(client: Client) -> Got:
    return client.put(f"calendars/{client.post('calendars', calendar()).id}", calendar("4"))


def no_claim(client: Client) -> Got:
    client.post("students", student())
    return client.post("studentEducationOrganizationAssociations", demographics())


def stale(client: Client) -> Got:
    return client.delete(f"calendars/{client.post('calendars', calendar()).id}", STALE)


def no_token(client: Client) -> Got:
    client.token = "none"
    return client.get("students")


@pytest.mark.parametrize(
    ("ask", "status", "kind"),
    [
        (lambda c: c.post("students", {}), 400, "bad-request:data-validation-failed"),
        (lambda c: c.post("students", b"x"), 400, "bad-request:data"),
        (lambda c: c.get("students", limit=501), 400, "bad-request:parameter-validation-failed"),
        (key_change, 400, "bad-request:data-validation-failed:key-change-not-supported"),
        (no_token, 401, "security:authentication"),
        (no_claim, 403, "security:authorization"),
        (lambda c: c.post("schools", {}), 403, "security:authorization:access-denied:action"),
        (lambda c: c.get(f"students/{ID}"), 404, "not-found"),
        (lambda c: c.delete("students"), 405, "method-not-allowed"),
        (
            lambda c: c.post("studentSchoolAssociations", enrollment()),
            409,
            "data-conflict:unresolved-reference",
        ),
        (dependent, 409, "data-conflict:dependent-item-exists"),
        (stale, 412, "optimistic-lock-failed"),
        (
            lambda c: c.post("students", student(), {"Content-Type": "text/xml"}),
            415,
            "unsupported-media-type",
        ),
    ],
)
def test_a_problem_has_its_type(
    client: Client, state: EdfiServer, ask: Callable[[Client], Got], status: int, kind: str
) -> None:
    state.problem_details = True
    got = ask(client)
    assert got.headers["content-type"].startswith("application/problem+json")
    assert (got.status, got.json["status"], got.json["type"]) == (
        status,
        status,
        f"urn:ed-fi:api:{kind}",
    )
    assert {"detail", "title", "correlationId"} <= got.json.keys()


def test_the_older_shape_is_a_message(client: Client) -> None:
    got = no_claim(client)
    assert got.headers["content-type"].startswith("application/json")
    assert list(got.json) == ["message"]
