"""Requests to an Ed-Fi API, and its lists, tokens and order of resources (FACTS 3.1, 3.6, 3b)."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from rollcall.core.sending.channel import Next, Verdict
from rollcall.integrations.edfi import api
from rollcall.integrations.edfi.resources import PROGRAM_ASSOCIATIONS as PROGRAMS
from rollcall.integrations.edfi.resources import SCHOOL_ASSOCIATIONS as ENROLLMENTS
from rollcall.integrations.edfi.resources import STUDENTS
from rollcall.integrations.edfi.settings import EdfiSettings
from rollcall.transports.http_json.api import Listing, Target
from rollcall.transports.http_messages import Answer, Request

SPECS = Path(__file__).parents[4] / "shared" / "specs" / "edfi"


def target(**given: Any) -> Target:
    return Target(EdfiSettings(local_education_agency_id="10625000", **given), "2025-2026")


def answer(body: Any, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, json.dumps(body).encode(), 0.1)


def asked(request: Request) -> tuple[str, dict[str, list[str]]]:
    """Path and query of a request."""
    found = urlsplit(request.path)
    return found.path, parse_qs(found.query)


# Requests


def test_the_year_is_the_one_the_school_year_ends_in() -> None:
    assert api.put(STUDENTS, b"{}", "", target()).path == "/data/v3/2026/ed-fi/students"
    plain = target(year_in_path=False, data_path="api/data/v3")
    assert api.put(STUDENTS, b"{}", "", plain).path == "/api/data/v3/ed-fi/students"
    assert api.dependencies(target()).path == "/metadata/data/v3/2026/dependencies"


def test_a_document_is_posted_by_its_key_and_put_by_its_id() -> None:
    posted = api.put(ENROLLMENTS, b'{"a":1}', "", target())
    put = api.put(ENROLLMENTS, b'{"a":1}', "0f3a", target())
    assert (posted.method, posted.body) == ("POST", b'{"a":1}')
    assert (put.method, put.path) == ("PUT", f"{posted.path}/0f3a")
    assert posted.headers["Content-Type"] == put.headers["Content-Type"] == "application/json"


def test_a_document_is_removed_by_its_id() -> None:
    removed = api.remove(ENROLLMENTS, "0f3a", target())
    assert (removed.method, removed.body) == ("DELETE", None)
    assert removed.path.endswith("/studentSchoolAssociations/0f3a")


def test_a_document_is_found_by_its_natural_key() -> None:
    key = {
        "student_unique_id": "1234567890123",
        "education_organization_id": "10625410",
        "program_education_organization_id": "10625000",
        "program_name": "Title I & more",
        "program_type": "Title I",
        "begin_date": "2025-09-01",
    }
    assert set(key) == set(PROGRAMS.record.key)
    path, query = asked(api.find(PROGRAMS, key, target()))
    assert path == "/data/v3/2026/ed-fi/studentProgramAssociations"
    assert query == {
        "studentUniqueId": ["1234567890123"],
        "educationOrganizationId": ["10625410"],
        "programEducationOrganizationId": ["10625000"],
        "programName": ["Title I & more"],
        "programTypeDescriptor": ["uri://education.mn.gov/ProgramTypeDescriptor#Title I"],
        "beginDate": ["2025-09-01"],
    }


def test_the_sign_in_shows_key_and_secret_once() -> None:
    asking = api.sign_in(target(token_path="connect/token"), "key", "s3cret:x")
    assert (asking.method, asking.path) == ("POST", "/connect/token")
    assert asking.body == b"grant_type=client_credentials"
    kind, _, pair = asking.headers["Authorization"].partition(" ")
    assert (kind, b64decode(pair)) == ("Basic", b"key:s3cret:x")


# Tokens


def test_a_token_and_how_long_it_lives() -> None:
    assert api.token(answer({"access_token": "abc", "expires_in": 900})) == ("abc", 900)
    assert api.token(answer({"access_token": "abc"})) == ("abc", 1800)
    assert api.token(answer({"access_token": "abc", "expires_in": "soon"})) == ("abc", 1800)


@pytest.mark.parametrize("status", [400, 401])
def test_a_key_that_is_refused(status: int) -> None:
    got = api.token(answer({"error": "invalid_client"}, status))
    assert got == Verdict(Next.REFUSED, "edfi.sign_in_refused", "invalid_client")


def test_too_many_tokens_wait() -> None:
    got = api.token(answer({"message": "Too many"}, 429, retry_after="60"))
    assert got == Verdict(Next.AGAIN, "edfi.overloaded", "HTTP 429", after=60)


@pytest.mark.parametrize("given", ["", "a b", "a\r\nX: y", 7, None])
def test_a_token_that_could_not_be_sent_is_none(given: Any) -> None:
    assert isinstance(api.token(answer({"access_token": given})), Verdict)


# Lists


def pages(total: int, *, told: bool) -> list[int]:
    """How many documents each page has, of a server that holds so many."""
    request = api.pages(STUDENTS, "", target())
    counts = []
    while request.path:
        _, query = asked(request)
        first, limit = int(query["offset"][0]), int(query["limit"][0])
        bodies = [{"id": f"{n}"} for n in range(first, min(first + limit, total))]
        counted = answer(bodies, total_count=str(total)) if told else answer(bodies)
        got = api.listing(counted, request)
        assert isinstance(got, Listing)
        assert got.total == (total if told else None)
        counts.append(len(got.bodies))
        request = Request("GET", got.next)
    return counts


@pytest.mark.parametrize(
    ("total", "told", "counts"),
    [
        (1200, True, [500, 500, 200]),
        (1000, True, [500, 500]),
        (1000, False, [500, 500, 0]),
        (3, False, [3]),
        (0, True, [0]),
    ],
)
def test_all_pages_are_asked_for(total: int, told: bool, counts: list[int]) -> None:
    assert pages(total, told=told) == counts


def test_a_server_with_shorter_pages_is_read_to_its_end() -> None:
    first = api.pages(STUDENTS, "", target())
    got = api.listing(answer([{"id": "a"}] * 100, total_count="150"), first)
    assert isinstance(got, Listing)
    assert asked(Request("GET", got.next))[1]["offset"] == ["100"]


def test_where_the_server_gives_page_tokens_they_are_used() -> None:
    first = api.pages(ENROLLMENTS, "123", target())
    got = api.listing(answer([{"id": "a"}], next_page_token="x/y=="), first)
    assert isinstance(got, Listing)
    _, query = asked(Request("GET", got.next))
    assert query == {"studentUniqueId": ["123"], "pageToken": ["x/y=="], "pageSize": ["500"]}
    last = api.listing(answer([], next_page_token="z"), Request("GET", got.next))
    assert isinstance(last, Listing) and last.next == ""


def test_a_document_that_is_not_the_one_asked_for_is_left_out() -> None:
    key = {"student_unique_id": "123", "school_id": "10625410", "entry_date": "2025-09-01"}
    asking = api.find(ENROLLMENTS, key, target())
    meant = {
        "id": "a",
        "studentReference": {"studentUniqueId": "123", "link": {"rel": "Student"}},
        "schoolReference": {"schoolId": 10625410},
        "entryDate": "2025-09-01",
    }
    another = {**meant, "id": "b", "studentReference": {"studentUniqueId": "124"}}
    padded = {**meant, "id": "c", "studentReference": {"studentUniqueId": "0000000000123"}}
    dated = {**meant, "id": "d", "entryDate": "2025-09-01T00:00:00"}
    got = api.listing(answer([another, meant, padded, dated]), asking)
    assert isinstance(got, Listing)
    assert [body["id"] for body in got.bodies] == ["a", "c", "d"]


def test_a_program_is_told_by_either_of_its_organizations() -> None:
    organizations = {
        "education_organization_id": "10625410",
        "program_education_organization_id": "10625000",
    }
    body = {
        "id": "a",
        "educationOrganizationReference": {"educationOrganizationId": 10625410},
        "programReference": {"educationOrganizationId": 10625000},
    }
    got = api.listing(answer([body]), api.find(PROGRAMS, organizations, target()))
    assert isinstance(got, Listing)
    assert len(got.bodies) == 1


def test_the_documents_of_one_student() -> None:
    path, query = asked(api.pages(ENROLLMENTS, "123", target()))
    assert path.endswith("/studentSchoolAssociations")
    assert query["studentUniqueId"] == ["123"]
    assert query["totalCount"] == ["true"]


@pytest.mark.parametrize(
    "body",
    [
        {"id": "a"},
        [1],
        [{"no": "id"}],
        [{"id": "a\0"}],
        [{"id": "\ud800"}],
        [{"id": "../a"}],
        "text",
        None,
    ],
)
def test_what_is_no_list_of_documents_is_not_read(body: Any) -> None:
    got = api.listing(answer(body), api.pages(STUDENTS, "", target()))
    assert isinstance(got, Verdict) and got.next is Next.AGAIN


@pytest.mark.parametrize(
    ("status", "next", "code"),
    [
        (401, Next.AGAIN, "edfi.sign_in_refused"),
        (403, Next.REFUSED, "edfi.access_denied"),
        (404, Next.REFUSED, "edfi.address"),
        (503, Next.AGAIN, "edfi.server_failed"),
    ],
)
def test_why_a_list_cannot_be_read(status: int, next: Next, code: str) -> None:
    got = api.listing(answer({}, status), api.pages(STUDENTS, "", target()))
    assert isinstance(got, Verdict)
    assert (got.next, got.code) == (next, code)


# What has changed


def test_changes_are_asked_for_between_two_versions() -> None:
    assert api.point(target()).path == "/changeQueries/v1/2026/availableChangeVersions"
    path, query = asked(api.changed(STUDENTS, "41", "50", target()))
    assert path == "/data/v3/2026/ed-fi/students"
    assert (query["minChangeVersion"], query["maxChangeVersion"]) == (["42"], ["50"])
    assert asked(api.gone(STUDENTS, "41", "50", target()))[0] == f"{path}/deletes"


@pytest.mark.parametrize("body", [{"newestChangeVersion": "many"}, {"newestChangeVersion": -1}, []])
def test_a_version_that_is_none_is_not_read(body: Any) -> None:
    assert api.newest(answer({"newestChangeVersion": 50})) == "50"
    assert isinstance(api.newest(answer(body)), Verdict)


# The API's own order


def test_the_order_of_adding_counts() -> None:
    entries = [
        {"resource": "/ed-fi/students", "order": 14, "operations": ["Update"]},
        {"resource": "/ed-fi/students", "order": 3, "operations": ["Create"]},
        {"resource": "/ed-fi/calendars", "order": 6, "operations": ["Create", "Update"]},
        {"resource": "/ed-fi/odd"},
        "odd",
    ]
    assert api.orders(answer(entries)) == {"/ed-fi/students": 3, "/ed-fi/calendars": 6}


def test_the_order_of_a_real_api() -> None:
    document = SPECS / "v6.1-Dependencies-Json.json"
    if not document.exists():
        pytest.skip(f"{document.name} lies in the shared specifications, which are not here")
    found = api.orders(Answer(200, {}, document.read_bytes(), 0.1))
    assert not isinstance(found, Verdict)
    ours = [found[f"/ed-fi/{name}"] for name in ("students", "calendars", ENROLLMENTS.name)]
    assert ours == sorted(ours)
    assert found[ENROLLMENTS.path] < found[PROGRAMS.path]
