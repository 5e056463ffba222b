"""A plain HTTP client for the stand-in, and documents to send."""

import base64
import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from rollcall.sandbox.edfi import EdfiServer

SCHOOL = 10625010
DISTRICT = 10625000
STATE = "uri://education.mn.gov"


@dataclass(frozen=True)
class Got:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["location"].rpartition("/")[2]


class Client:
    """One connection that is kept; it signs in only when told."""

    def __init__(self, state: EdfiServer) -> None:
        self._state = state
        self.token = ""
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.hang_up()

    def hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **query: str | int,
    ) -> Got:
        """Ask anything; `body` is sent as JSON, bytes as they are."""
        sent = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        all_headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if sent is not None:
            all_headers["Content-Type"] = "application/json"
        all_headers.update(headers or {})
        target = path + ("?" + urlencode(query) if query else "")
        connection = self._connected()
        try:
            connection.request(method, target, sent, all_headers)
            answer = connection.getresponse()
            headers_of_answer = {name.lower(): value for name, value in answer.getheaders()}
            return Got(answer.status, headers_of_answer, answer.read())
        except (OSError, http.client.HTTPException):
            self.hang_up()
            raise

    def sign_in(self) -> Got:
        """Get a token and use it from now on."""
        basic = base64.b64encode(f"{self._state.key}:{self._state.secret}".encode()).decode()
        headers = {
            "Authorization": f"Basic {basic}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        got = self.ask("POST", "/oauth/token", b"grant_type=client_credentials", headers)
        if got.status == 200:
            self.token = got.json["access_token"]
        return got

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: str | int) -> Got:
        return self.ask("GET", _data(path), None, headers, **query)

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Got:
        return self.ask("POST", _data(path), body, headers)

    def put(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Got:
        return self.ask("PUT", _data(path), body, headers)

    def delete(self, path: str, headers: Mapping[str, str] | None = None) -> Got:
        return self.ask("DELETE", _data(path), None, headers)

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            where = urlsplit(self._state.url)
            host, port = where.hostname or "", where.port
            if where.scheme == "https":
                context = ssl.create_default_context(cafile=self._state.ca_file)
                self._connection = http.client.HTTPSConnection(
                    host, port, timeout=10, context=context
                )
            else:
                self._connection = http.client.HTTPConnection(host, port, timeout=10)
        return self._connection


def _data(path: str) -> str:
    return f"/data/v3/ed-fi/{path}"


def coded(descriptor: str, code: str) -> str:
    return f"{STATE}/{descriptor}#{code}"


def student(number: str = "1062500000001", **more: Any) -> dict[str, Any]:
    body = {
        "studentUniqueId": number,
        "firstName": "Alma",
        "lastSurname": "Berg",
        "birthDate": "2015-03-04",
        "birthSexDescriptor": coded("SexDescriptor", "Female"),
    }
    return body | more


def enrollment(number: str = "1062500000001", **more: Any) -> dict[str, Any]:
    body = {
        "studentReference": {"studentUniqueId": number},
        "schoolReference": {"schoolId": SCHOOL},
        "entryDate": "2025-09-02",
        "entryGradeLevelDescriptor": coded("GradeLevelDescriptor", "3"),
        "schoolYearTypeReference": {"schoolYear": 2026},
    }
    return body | more


def demographics(number: str = "1062500000001", **more: Any) -> dict[str, Any]:
    body = {
        "studentReference": {"studentUniqueId": number},
        "educationOrganizationReference": {"educationOrganizationId": SCHOOL},
        "sexDescriptor": coded("SexDescriptor", "Female"),
        "races": [{"raceDescriptor": coded("RaceDescriptor", "Asian")}],
    }
    return body | more


def program(number: str = "1062500000001", **more: Any) -> dict[str, Any]:
    body = {
        "studentReference": {"studentUniqueId": number},
        "educationOrganizationReference": {"educationOrganizationId": SCHOOL},
        "programReference": {
            "educationOrganizationId": DISTRICT,
            "programName": "Homeless",
            "programTypeDescriptor": coded("ProgramTypeDescriptor", "Homeless"),
        },
        "beginDate": "2025-09-02",
    }
    return body | more


def calendar(code: str = "3", **more: Any) -> dict[str, Any]:
    body = {
        "calendarCode": code,
        "schoolReference": {"schoolId": SCHOOL},
        "schoolYearTypeReference": {"schoolYear": 2026},
        "calendarTypeDescriptor": coded("CalendarTypeDescriptor", "MARSS-A"),
        "gradeLevels": [{"gradeLevelDescriptor": coded("GradeLevelDescriptor", "3")}],
    }
    return body | more
