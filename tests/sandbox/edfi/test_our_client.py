"""What Rollcall says to an Ed-Fi API, and how it reads the answers, against the stand-in."""

import json
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from tests.sandbox.edfi.client import Client, calendar, demographics, enrollment, program, student

from rollcall.core.json_documents.fields import JsonResource
from rollcall.core.json_documents.reading import flat
from rollcall.core.sending.channel import Next, Verdict
from rollcall.integrations.edfi.api import API
from rollcall.integrations.edfi.resources import RESOURCES
from rollcall.integrations.edfi.settings import EdfiSettings, namespace
from rollcall.sandbox.edfi import EdfiServer
from rollcall.sandbox.edfi.resources import RESOURCES as SERVED
from rollcall.sandbox.edfi.shapes import Shape
from rollcall.transports.http_json.api import READ, Listing, Target
from rollcall.transports.http_messages import Answer, Request

SETTINGS = EdfiSettings(local_education_agency_id="10625000", year_in_path=False)
TARGET = Target(SETTINGS, "2025-2026")
OURS = {one.name: one for one in RESOURCES}
THEIRS = {one.name: one for one in SERVED}
BODIES = {
    "students": student(),
    "calendars": calendar(),
    "studentSchoolAssociations": enrollment(),
    "studentEducationOrganizationAssociations": demographics(),
    "studentProgramAssociations": program(),
}

Ask = Callable[[Request], Answer]


@pytest.fixture
def ask(client: Client) -> Ask:
    def asked(request: Request) -> Answer:
        path, _, query = request.path.partition("?")
        target = f"{path}?{query}" if query else path
        got = client.ask(request.method, target, request.body, request.headers)
        return Answer(got.status, got.headers, got.body, 0.0)

    return asked


def put(ask: Ask, resource: JsonResource, body: dict[str, Any], id_: str = "") -> Verdict:
    request = API.put(resource, json.dumps(body).encode(), id_, TARGET)
    return API.verdict(ask(request), request)


@pytest.mark.parametrize("name", sorted(OURS))
def test_each_resource_we_send_is_served_with_all_its_fields(name: str) -> None:
    ours, theirs = OURS[name], THEIRS[name]
    assert (ours.path, ours.key_may_change) == (theirs.path, theirs.key_may_change)
    assert len(ours.record.key) == len(theirs.key)
    for path in [*(one.path for one in ours.fields), *ours.constants]:
        assert knows(theirs.shape, path.replace("[]", "").split(".")), path


def knows(shape: Shape, names: list[str]) -> bool:
    if names[0] == "_ext":
        return True
    one = shape.by_name.get(names[0])
    return one is not None and (len(names) == 1 or knows(one.inside, names[1:]))


def test_we_sign_in(state: EdfiServer, ask: Ask, client: Client) -> None:
    client.token = ""
    given = API.token(ask(API.sign_in(TARGET, state.key, state.secret)))
    assert isinstance(given, tuple)
    assert given[1] == 1800
    wrong = API.token(ask(API.sign_in(TARGET, state.key, "guess")))
    assert isinstance(wrong, Verdict)
    assert wrong.next is Next.REFUSED


def test_what_we_put_we_find_by_its_key_and_take_away(ask: Ask, state: EdfiServer) -> None:
    for name, body in BODIES.items():
        if name == "calendars":
            continue
        verdict = put(ask, OURS[name], body)
        assert (verdict.next, bool(verdict.id), bool(verdict.version)) == (
            Next.ACCEPTED,
            True,
            True,
        )
    put(ask, OURS["calendars"], BODIES["calendars"])
    for name, body in BODIES.items():
        assert [without_id(one) for one in found(ask, OURS[name], body)] == [body]
    for name in ("studentProgramAssociations", "studentEducationOrganizationAssociations"):
        (id_,) = state.ids(name).values()
        request = API.remove(OURS[name], id_, TARGET)
        assert [API.verdict(ask(request), request).next for _ in range(2)] == [Next.ACCEPTED] * 2
        assert state.documents(name) == []


def found(ask: Ask, resource: JsonResource, body: dict[str, Any]) -> list[dict[str, Any]]:
    columns = flat(resource, [body], lambda one: namespace(SETTINGS, one))
    row = columns.select(pl.col(list(resource.record.key)).cast(pl.String)).row(0, named=True)
    request = API.find(resource, row, TARGET)
    listing = API.listing(ask(request), request)
    assert isinstance(listing, Listing)
    return listing.bodies


def without_id(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in ("id", "_etag")}


def test_we_read_all_pages_of_a_list(ask: Ask, client: Client) -> None:
    client.post("students", student())
    for day in range(1, 29):
        for month in ("09", "10", "11", "12"):
            client.post("studentSchoolAssociations", enrollment(entryDate=f"2025-{month}-{day:02}"))
    resource = OURS["studentSchoolAssociations"]
    request = API.list(resource, "1062500000001", TARGET)
    request = Request("GET", request.path.replace("limit=500", "limit=50"))
    bodies = []
    while request.path:
        listing = API.listing(ask(request), request)
        assert isinstance(listing, Listing)
        assert listing.total == 112
        bodies += listing.bodies
        request = Request("GET", listing.next, None, READ)
    assert len({one["entryDate"] for one in bodies}) == 112


@pytest.mark.parametrize("newer", [False, True])
def test_we_know_what_to_wait_for_and_what_is_refused(
    ask: Ask, state: EdfiServer, client: Client, newer: bool
) -> None:
    state.problem_details = newer
    association, rest = (
        OURS["studentSchoolAssociations"],
        OURS["studentEducationOrganizationAssociations"],
    )
    assert put(ask, association, enrollment()).next is Next.PARENT
    client.post("students", student())
    assert put(ask, rest, demographics()).next is Next.PARENT
    elsewhere = enrollment(schoolReference={"schoolId": 10535315})
    assert put(ask, association, elsewhere).next is Next.REFUSED
    assert put(ask, OURS["students"], student("2", birthDate="soon")).next is Next.REFUSED
    state.faults.sequence = ["429", "500", "503"]
    waits = [put(ask, association, enrollment()) for _ in range(3)]
    assert [one.next for one in waits] == [Next.AGAIN] * 3
    assert waits[0].after == 1.0
    state.tokens.expire()
    assert put(ask, association, enrollment()).code == "edfi.sign_in_refused"


def test_we_move_an_enrollment(ask: Ask, client: Client) -> None:
    client.post("students", student())
    first = put(ask, OURS["studentSchoolAssociations"], enrollment())
    moved = put(
        ask, OURS["studentSchoolAssociations"], enrollment(entryDate="2025-09-09"), first.id
    )
    assert (moved.next, moved.id) == (Next.ACCEPTED, first.id)
    assert moved.version != first.version


def test_the_order_of_the_state_is_ours(ask: Ask) -> None:
    orders = API.orders(ask(API.dependencies(TARGET)))
    assert not isinstance(orders, Verdict)
    ours = sorted(RESOURCES, key=lambda one: one.order)
    theirs = [orders[one.path] for one in ours]
    assert theirs == sorted(theirs)
