"""What an Ed-Fi API's answers mean: pure, for any status and any bytes.

Both shapes of error are read (FACTS 3b): {"message": ...} up to version 7.1, and problem details
with `detail`, `type`, `validationErrors` and `errors` after it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from rollcall.core.problems import words
from rollcall.core.sending.outbound import (
    Answer,
    Next,
    Request,
    Verdict,
)
from rollcall.integrations.edfi import refusals as code

_TYPE = "urn:ed-fi:api:"
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_IDENTITY = re.compile(r"\W{0,4}(300[0-6])\b")
_UNRESOLVED = re.compile(
    r"referenced '(\w+)' item does not exist"
    r"|supplied for the related '(\w+)' resource does not exist",
    re.IGNORECASE,
)
_DEPENDENT = re.compile(r"referenced by an existing|is a dependency of", re.IGNORECASE)
_UNRELATED = re.compile(
    r"any established relationships|need to create a corresponding 'Student", re.IGNORECASE
)
_CODE = re.compile(
    r"descriptorid\b.{0,80}?is required"
    r"|descriptor\b.{0,400}?(does not exist|not (a )?valid|invalid|not found|unknown)",
    re.IGNORECASE | re.DOTALL,
)
_PROFILE = re.compile(r"\bprofile\b", re.IGNORECASE)
_KEY_CHANGE = re.compile(r"(key|identifying) values?.{0,60}(chang|modif|updat)", re.IGNORECASE)
#: Of a list of errors, as many as are read.
_ENOUGH = 20
#: Characters of an answer that are looked at.
_READ = 4000
_WAITS = {408: code.SERVER_FAILED, 412: code.CHANGED_MEANWHILE, 429: code.OVERLOADED}
#: Longest pause a partner can ask for, in seconds.
_LONGEST_PAUSE = 3600.0


@dataclass(frozen=True)
class Refusal:
    """An answer that is no success: its problem type below urn:ed-fi:api ("" in older versions)
    and all it says.
    """

    status: int
    type: str
    text: str

    @property
    def words(self) -> str:
        """What it says, fit to show."""
        return words(self.text)


def verdict(answer: Answer, request: Request) -> Verdict:
    """What an answer to a document that was put or removed means."""
    removal = request.method == "DELETE"
    if answer.status in (200, 201, 204) and not _is_page(answer):
        return _accepted(answer, request)
    if removal and answer.status in (404, 410) and not _is_page(answer):
        return Verdict(Next.ACCEPTED)
    return failed(answer) or _refused(refusal(answer), request)


def failed(answer: Answer) -> Verdict | None:
    """The verdict where the partner could not answer, or wants a new token; else None."""
    if answer.status == 401:
        return Verdict(Next.SIGN_IN, code.SIGN_IN_REFUSED, refusal(answer).words)
    if answer.status == 0:
        return Verdict(Next.AGAIN, code.NO_ANSWER, words(answer.error))
    if why := _waits(answer.status):
        return Verdict(Next.AGAIN, why, refusal(answer).words, after=pause(answer))
    return None


def _waits(status: int) -> str:
    """The code of an answer after which the same request makes sense later; "" for others."""
    if status >= 500:
        return code.SERVER_FAILED
    if 200 <= status < 300:
        return code.NOT_THE_API
    return _WAITS.get(status, "")


def pause(answer: Answer) -> float:
    """Seconds the partner asks us to wait: a number, or a date set against the answer's own."""
    retry_after = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", retry_after):
        return min(float(retry_after), _LONGEST_PAUSE)
    until, answered_at = _moment(retry_after), _moment(answer.headers.get("date", ""))
    if until is None or answered_at is None:
        return 0.0
    return min(max((until - answered_at).total_seconds(), 0.0), _LONGEST_PAUSE)


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _accepted(answer: Answer, request: Request) -> Verdict:
    at = answer.headers.get("location", "") or (request.path if request.method == "PUT" else "")
    id = at.partition("?")[0].rstrip("/").rpartition("/")[2]
    document_id = id if is_id(id) else ""
    return Verdict(Next.ACCEPTED, id=document_id, etag=etag(answer.headers.get("etag", "")))


def is_id(value: object) -> bool:
    """Whether a value may be the id of a document: what an address can be made with."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def etag(text: str) -> str:
    """An ETag without its quotes, as documents carry it in `_etag`."""
    return text.removeprefix("W/").strip('"')


def _refused(refusal: Refusal, request: Request) -> Verdict:
    if refusal.status == 403:
        return _forbidden(refusal, request)
    if refusal.status == 409:
        return _conflict(refusal, request)
    why = _bad_request(refusal) if refusal.status == 400 else _elsewhere(refusal, request)
    return Verdict(Next.REFUSED, why, refusal.words)


def _elsewhere(refusal: Refusal, request: Request) -> str:
    """Why what was asked is not there, or not allowed there."""
    if refusal.status == 404 and request.method == "PUT":
        return code.NOT_FOUND
    if refusal.status == 405 and refusal.type.startswith("profile"):
        return code.PROFILE
    return code.ADDRESS if refusal.status in (404, 405) or refusal.status < 400 else code.REFUSED


def _bad_request(refusal: Refusal) -> str:
    if number := _IDENTITY.match(refusal.text):
        return code.IDENTITY[number[1]]
    if refusal.type.startswith("profile") or (not refusal.type and _PROFILE.search(refusal.text)):
        return code.PROFILE
    if refusal.type.endswith("key-change-not-supported") or _KEY_CHANGE.search(refusal.text):
        return code.KEY_CHANGE
    if _CODE.search(refusal.text):
        return code.UNKNOWN_CODE
    validation = (
        refusal.type.startswith("bad-request:data-validation") or "alidation" in refusal.text
    )
    return code.VALIDATION if validation else code.REFUSED


def _forbidden(refusal: Refusal, request: Request) -> Verdict:
    """A student is out of our reach until an enrollment of theirs has arrived (FACTS 3.3)."""
    if request.method != "DELETE" and _UNRELATED.search(refusal.text):
        return Verdict(Next.PARENT, code.NO_RELATIONSHIP, refusal.words)
    return Verdict(Next.REFUSED, code.ACCESS_DENIED, refusal.words)


def _conflict(refusal: Refusal, request: Request) -> Verdict:
    kind = refusal.type.removeprefix("data-conflict:")
    if kind == "multi-user-conflict":
        return Verdict(Next.AGAIN, code.CHANGED_MEANWHILE, refusal.words)
    unresolved = _UNRESOLVED.search(refusal.text)
    if unresolved or kind == "unresolved-reference":
        return _unresolved(unresolved[1] or unresolved[2] if unresolved else "", refusal)
    if kind == "dependent-item-exists" or _DEPENDENT.search(refusal.text):
        dependants = request.method == "DELETE"
        next, why = (
            (Next.PARENT, code.DEPENDANTS) if dependants else (Next.REFUSED, code.KEY_CHANGE)
        )
        return Verdict(next, why, refusal.words)
    return Verdict(Next.REFUSED, code.CONFLICT, refusal.words)


def _unresolved(name: str, refusal: Refusal) -> Verdict:
    """What the district sends itself (students, their associations, calendars) is waited for;
    schools, districts, programs and codes come from the state, so waiting would never end.
    """
    if name.endswith("Descriptor"):
        return Verdict(Next.REFUSED, code.UNKNOWN_CODE, refusal.words)
    if not name or name.startswith(("Student", "GeneralStudent", "Calendar")):
        return Verdict(Next.PARENT, code.UNRESOLVED, refusal.words)
    return Verdict(Next.REFUSED, code.MISSING_REFERENCE, refusal.words)


def refusal(answer: Answer) -> Refusal:
    """An answer's words, whatever its shape; of a page that is no JSON its beginning."""
    body = read(answer)
    if isinstance(body, Mapping):
        kind = str(body.get("type", ""))
        problem_type = kind.removeprefix(_TYPE) if kind.startswith(_TYPE) else ""
        return Refusal(answer.status, problem_type, "; ".join(_said(body))[:_READ])
    plain = body if isinstance(body, str) else answer.body[:_READ].decode("utf-8", "replace")
    return Refusal(answer.status, "", re.sub(r"<[^>]*>", " ", plain[:_READ]))


def _said(body: Mapping[str, Any]) -> Iterator[str]:
    """The sentences of an error: what went wrong in detail before what sums it up."""
    errors = body.get("validationErrors")
    for place, wrong in list(errors.items())[:_ENOUGH] if isinstance(errors, Mapping) else ():
        listed = wrong[:_ENOUGH] if isinstance(wrong, list) else [wrong]
        yield f"{place}: {' '.join(map(str, listed))}"
    further = body.get("errors")
    yield from (
        str(message) for message in (further[:_ENOUGH] if isinstance(further, list) else ())
    )
    for name in ("detail", "message", "error_description", "error", "title"):
        if isinstance(body.get(name), str) and body[name].strip():
            yield body[name]
            return


def read(answer: Answer) -> Any:
    """The answer's JSON; None when it is none."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def _is_page(answer: Answer) -> bool:
    """A page for people: a proxy or a sign-in page answered in the API's place."""
    return "html" in answer.headers.get("content-type", "").lower()
