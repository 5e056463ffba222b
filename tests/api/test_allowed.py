"""Every operation, tried with every role, a stranger's token, one expired, one revoked, and none.

The operations are read off the API, so one that is added is tried too; one that declares nothing
makes `test_every_operation_declares_what_it_needs` fail, and is refused besides.
"""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from ninja import NinjaAPI
from tests.api.programs import Calling, Program, token_text
from tests.clock import FakeClock
from tests.console.people import another_town, client_of, somebody
from tests.town import Town

from rollcall.access import people, tokens
from rollcall.access.models import ApiToken, Membership
from rollcall.access.roles import Ability, Role
from rollcall.api import callers
from rollcall.api.document import api, operations

OPERATIONS = {operation.view_func.__name__: operation for operation in operations(api)}
#: What fills the parts of an address; nothing is there of that number or name.
PARTS = {
    "number": "987654321",
    "line": "1",
    "name": "nothing",
    "code": "nothing",
    "record": "student",
}


def needed(name: str) -> Ability:
    (token,) = OPERATIONS[name].auth_callbacks
    assert isinstance(token, callers.Token)
    assert token.needs is not None
    return token.needs


def ask(program: Program, name: str) -> int:
    operation = OPERATIONS[name]
    address = "/api" + operation.path.format(**PARTS)
    return int(program.generic(operation.methods[0], address).status_code)


@pytest.fixture(scope="module")
def programs(shared_town: Town) -> dict[Role, Program]:
    """A program for each role: what any of them asks for is not there, or lacks what is sent."""
    return {role: Program(token_text(shared_town, role)) for role in Role}


@pytest.fixture(scope="module")
def bad_tokens(shared_town: Town) -> list[str]:
    """Texts of no good token a day from now: expired, revoked, made up, none."""
    town = shared_town
    expired = token_text(town, Role.ADMIN, expires_at=town.clock.now() + timedelta(days=1))
    revoked = token_text(town, Role.ADMIN)
    token = ApiToken.objects.get(sha256=tokens.hashed(revoked))
    tokens.revoke(town.district, token.pk, town.clock, "tester")
    return [expired, revoked, "rollcall_" + "x" * 43, ""]


def test_every_operation_declares_what_it_needs() -> None:
    assert len(OPERATIONS) > 25
    assert all(needed(name) for name in OPERATIONS)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_is_for_those_who_may(
    name: str, shared_town: Town, programs: dict[Role, Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "clock", shared_town.clock)
    for role, program in programs.items():
        status = ask(program, name)
        if needed(name) in role.abilities:
            # Nothing is sent and nothing of that name is there.
            assert status in (200, 400, 404, 422), (role, status)
        else:
            assert status == 403, (role, status)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_is_for_good_tokens(
    name: str, shared_town: Town, bad_tokens: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = shared_town.clock.now() + timedelta(days=1)
    monkeypatch.setattr(callers, "clock", FakeClock(soon))
    for text in bad_tokens:
        assert ask(Program(text), name) == 401, text


def test_a_token_is_good_until_it_expires(town: Town, calling: Calling) -> None:
    soon = town.clock.now() + timedelta(days=1)
    program = Program(token_text(town, Role.VIEWER, expires_at=soon))
    town.clock.time = soon - timedelta(seconds=1)
    assert program.get("me").status_code == 200
    town.clock.time = soon
    assert program.get("me").status_code == 401


def test_a_browser_that_is_signed_in_is_nobody_here(town: Town, calling: Calling) -> None:
    assert client_of(somebody(town, Role.ADMIN)).get("/api/me").status_code == 401


def test_a_token_may_no_more_than_its_owner_may_now(town: Town, calling: Calling) -> None:
    text = token_text(town, Role.ADMIN)
    owner = ApiToken.objects.get(sha256=tokens.hashed(text)).user
    somebody(town, Role.ADMIN)
    assert Program(text).get("config").status_code == 200
    people.add(owner.email, town.district, Role.VIEWER, town.clock, "tester")
    assert Program(text).get("config").status_code == 403
    assert Program(text).get("me").json()["role"] == "viewer"
    Membership.objects.filter(user=owner).delete()
    assert Program(text).get("me").status_code == 401


def test_a_token_of_a_viewer_does_not_do_what_its_owner_may(town: Town, calling: Calling) -> None:
    owner = somebody(town, Role.ADMIN)
    _, text = tokens.make(owner, town.district, Role.VIEWER, "t", town.clock)
    assert Program(text).get("config").status_code == 403


def test_a_strangers_token_sees_its_own_district_only(
    town: Town, calling: Calling, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = another_town(town)
    theirs = Program(token_text(other, Role.ADMIN))
    (town.outgoing / "A.csv").write_bytes(b"")
    run = town.run(test=True)
    assert theirs.get("runs").json()["runs"] == []
    for path in ("", "/findings", "/reports", "/rows?input=students", "/failed-rows", "/lines/1"):
        assert theirs.get(f"runs/{run.pk}{path}").status_code == 404, path
    for verb in ("approve", "discard", "undo"):
        assert theirs.post(f"runs/{run.pk}/{verb}").status_code == 404, verb


def test_what_declares_nothing_is_refused(town: Town, calling: Calling) -> None:
    forgetful = NinjaAPI(auth=api.auth, urls_namespace=uuid4().hex)
    forgetful.get("/forgotten")(lambda request: {"student": "data"})
    (operation,) = operations(forgetful)
    (token,) = operation.auth_callbacks
    request = Client(headers={"Authorization": f"Bearer {token_text(town, Role.ADMIN)}"})
    asked = request.get("/api/me").wsgi_request
    with pytest.raises(Exception, match="does not allow this"):
        token(asked)


def test_the_document_is_open_and_names_what_each_operation_needs(wired: None) -> None:
    answer = Client().get("/api/openapi.json")
    assert answer.status_code == 200
    named = {
        operation["operationId"]: operation["x-needs"]
        for methods in answer.json()["paths"].values()
        for operation in methods.values()
    }
    assert named == {name: str(needed(name)) for name in OPERATIONS}


def test_other_addresses_are_nothing(wired: None) -> None:
    answer = Client().post("/api/no/such/thing")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_when_a_token_was_used_is_written_down(town: Town, calling: Calling) -> None:
    text = token_text(town, Role.VIEWER)
    Program(text).get("me")
    assert ApiToken.objects.get(sha256=tokens.hashed(text)).used_at == town.clock.now()
