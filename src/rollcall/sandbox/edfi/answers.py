"""What the stand-in answers, and refusals in both shapes real APIs use (facts 3b)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_URN = "urn:ed-fi:api:"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: `headers` are finished lines, each with its line end."""

    status: int
    body: bytes = b""
    headers: bytes = b""


@dataclass(frozen=True)
class Reason:
    """Why a request is refused: the status, and the type and title of the newer shape."""

    status: int
    type: str
    title: str


INVALID = Reason(400, "bad-request:data-validation-failed", "Data Validation Failed")
KEY_CHANGE = Reason(
    400,
    "bad-request:data-validation-failed:key-change-not-supported",
    "Key Change Not Supported",
)
BAD_REQUEST = Reason(400, "bad-request:data", "Data Validation Failed")
BAD_PARAMETER = Reason(
    400, "bad-request:parameter-validation-failed", "Parameter Validation Failed"
)
IDENTITY = Reason(400, "bad-request:data-policy-enforced", "Data Policy Enforced")
NO_TOKEN = Reason(401, "security:authentication", "Authentication Failed")
NOT_YOURS = Reason(403, "security:authorization", "Authorization Denied")
NO_ACTION = Reason(403, "security:authorization:access-denied:action", "Authorization Denied")
NOT_FOUND = Reason(404, "not-found", "Not Found")
NO_METHOD = Reason(405, "method-not-allowed", "Method Not Allowed")
UNRESOLVED = Reason(409, "data-conflict:unresolved-reference", "Unresolved Reference")
DEPENDENT = Reason(409, "data-conflict:dependent-item-exists", "Dependent Item Exists")
TAKEN = Reason(409, "data-conflict:non-unique-identity", "Identifying Values Are Not Unique")
LOCKED = Reason(412, "optimistic-lock-failed", "Optimistic Lock Failed")
MEDIA_TYPE = Reason(415, "unsupported-media-type", "Unsupported Media Type")
TOO_MANY_TOKENS = Reason(429, "security:authentication:too-many-tokens", "Too Many Tokens")
THROTTLED = Reason(429, "too-many-requests", "Too Many Requests")
SYSTEM = Reason(500, "system", "System Error")
UNAVAILABLE = Reason(503, "system:unavailable", "Service Unavailable")


class Refused(Exception):
    """A request is refused: `old` is the text of the older shape, `detail` of the newer;
    `fields` what is wrong by JSON path.
    """

    def __init__(
        self,
        reason: Reason,
        old: str,
        detail: str = "",
        fields: Mapping[str, list[str]] | None = None,
    ) -> None:
        super().__init__(old)
        self.reason = reason
        self.old = old
        self.detail = detail or old
        self.fields = fields or {}


@dataclass
class Shaper:
    """Writes refusals, in the newer shape when `problem_details`."""

    problem_details: bool = False
    _refusals: int = field(default=0, init=False)

    def refusal(self, refused: Refused, headers: bytes = b"") -> Reply:
        """The answer that says why."""
        reason, content_type = refused.reason, b"application/json"
        body: dict[str, Any] = {"message": refused.old}
        if self.problem_details:
            self._refusals += 1
            content_type = b"application/problem+json"
            body = {
                "detail": refused.detail,
                "type": _URN + reason.type,
                "title": reason.title,
                "status": reason.status,
                "correlationId": f"{self._refusals:032x}",
            }
            if refused.fields:
                body["validationErrors"] = refused.fields
            elif reason.status == 403:
                body["errors"] = [refused.old]
        lines = b"Content-Type: " + content_type + b"; charset=utf-8\r\n" + headers
        return Reply(reason.status, json.dumps(body).encode(), lines)


def json_reply(value: Any, headers: bytes = b"") -> Reply:
    """200 with a JSON value."""
    return page(json.dumps(value).encode(), headers)


def page(body: bytes, headers: bytes = b"") -> Reply:
    """200 with JSON that is written already."""
    return Reply(200, body, b"Content-Type: application/json; charset=utf-8\r\n" + headers)
