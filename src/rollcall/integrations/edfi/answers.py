"""What an Ed-Fi API's answers mean. Pure, for any status and any bytes.

Both shapes of error are read (FACTS 3b): {"message": ...} up to version 7.1, problem details with
`detail`, `type`, `validationErrors` and `errors` in later versions.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any

from rollcall.core.problems import words
from rollcall.core.sending.channel import Next, Verdict
from rollcall.integrations.edfi import refusals as code
from rollcall.transports.http_messages import Answer, Request

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
#: The most errors of a list, and characters of an answer, that are read.
_MOST_ERRORS, _MOST_CHARACTERS = 20, 4000
#: Statuses after which the same request makes sense later.
_AGAIN = {408: code.SERVER_FAILED, 412: code.CHANGED_MEANWHILE, 429: code.OVERLOADED}
#: Longest pause a partner can ask for, in seconds.
_LONGEST_PAUSE = 3600.0


@dataclass(frozen=True)
class Refusal:
    """An answer without success: its problem type below urn:ed-fi:api ("" in older versions) and
    all it says.
    """

    status: int
    type: str
    text: str

    @property
    def words(self) -> str:
        """What it says, safe to show."""
        return words(self.text)


def verdict(answer: Answer, request: Request) -> Verdict:
    """What an answer to a document that was put or removed means."""
    if answer.status in (200, 201, 204) and not _is_page(answer):
        at = answer.headers.get("location", "") or (request.path if request.method == "PUT" else "")
        id = at.partition("?")[0].rstrip("/").rpartition("/")[2]
        version = etag(answer.headers.get("etag", ""))
        return Verdict(Next.ACCEPTED, id=id if is_id(id) else "", version=version)
    if request.method == "DELETE" and answer.status in (404, 410) and not _is_page(answer):
        return Verdict(Next.ACCEPTED)
    return failed(answer) or _refused(refusal(answer), request)


def failed(answer: Answer) -> Verdict | None:
    """The verdict if the partner could not answer, or took no token of ours; else None."""
    status = answer.status
    if status == 401:
        return Verdict(Next.AGAIN, code.SIGN_IN_REFUSED, refusal(answer).words)
    if status == 0:
        return Verdict(Next.AGAIN, code.NO_ANSWER, words(answer.error))
    if status >= 500:
        why = code.SERVER_FAILED
    elif 200 <= status < 300:
        why = code.NOT_THE_API
    elif status in _AGAIN:
        why = _AGAIN[status]
    else:
        return None
    return Verdict(Next.AGAIN, why, refusal(answer).words, after=pause(answer))


def pause(answer: Answer) -> float:
    """Seconds the partner asks us to wait: a number, or a date compared with the answer's date."""
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


def is_id(value: object) -> bool:
    """Whether a value can be the id of a document, as part of an address."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def etag(text: str) -> str:
    """An ETag without its quotes, as documents carry it in `_etag`."""
    return text.removeprefix("W/").strip('"')


def _refused(refusal: Refusal, request: Request) -> Verdict:
    status, updates = refusal.status, request.method == "PUT"
    if status == 403 and request.method != "DELETE" and _UNRELATED.search(refusal.text):
        # A student is out of our reach until an enrollment of theirs has arrived (FACTS 3.3).
        return Verdict(Next.PARENT, code.NO_RELATIONSHIP, refusal.words)
    if status == 409:
        return _conflict(refusal, request)
    if status == 403:
        why = code.ACCESS_DENIED
    elif status == 400:
        why = _bad_request(refusal)
    elif status == 404 and updates:
        why = code.NOT_FOUND
    elif status == 405 and refusal.type.startswith("profile"):
        why = code.PROFILE
    else:
        why = code.ADDRESS if status in (404, 405) or status < 400 else code.REFUSED
    return Verdict(Next.REFUSED, why, refusal.words)


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


def _conflict(refusal: Refusal, request: Request) -> Verdict:
    """What the district sends itself (students, their associations, calendars) is waited for.
    Schools, districts, programs and codes come from the state, so waiting would never end.
    """
    kind = refusal.type.removeprefix("data-conflict:")
    unresolved = _UNRESOLVED.search(refusal.text)
    next, why = Next.REFUSED, code.CONFLICT
    if kind == "multi-user-conflict":
        next, why = Next.AGAIN, code.CHANGED_MEANWHILE
    elif unresolved or kind == "unresolved-reference":
        name = unresolved[1] or unresolved[2] if unresolved else ""
        if name.endswith("Descriptor"):
            why = code.UNKNOWN_CODE
        elif not name or name.startswith(("Student", "GeneralStudent", "Calendar")):
            next, why = Next.PARENT, code.UNRESOLVED
        else:
            why = code.MISSING_REFERENCE
    elif kind == "dependent-item-exists" or _DEPENDENT.search(refusal.text):
        removal = request.method == "DELETE"
        next, why = (Next.PARENT, code.DEPENDANTS) if removal else (Next.REFUSED, code.KEY_CHANGE)
    return Verdict(next, why, refusal.words)


def refusal(answer: Answer) -> Refusal:
    """An answer's words in any shape; of a page that is not JSON the beginning."""
    body = read(answer)
    if isinstance(body, Mapping):
        kind = str(body.get("type", ""))
        problem_type = kind.removeprefix(_TYPE) if kind.startswith(_TYPE) else ""
        return Refusal(answer.status, problem_type, "; ".join(_sentences(body))[:_MOST_CHARACTERS])
    plain = (
        body if isinstance(body, str) else answer.body[:_MOST_CHARACTERS].decode("utf-8", "replace")
    )
    return Refusal(answer.status, "", re.sub(r"<[^>]*>", " ", plain[:_MOST_CHARACTERS]))


def _sentences(body: Mapping[str, Any]) -> Iterator[str]:
    """The sentences of an error: the details first, then the summary."""
    by_place, errors = body.get("validationErrors"), body.get("errors")
    for place, messages in islice(
        by_place.items() if isinstance(by_place, Mapping) else (), _MOST_ERRORS
    ):
        texts = messages[:_MOST_ERRORS] if isinstance(messages, list) else [messages]
        yield f"{place}: {' '.join(map(str, texts))}"
    yield from map(str, errors[:_MOST_ERRORS] if isinstance(errors, list) else ())
    for name in ("detail", "message", "error_description", "error", "title"):
        if isinstance(body.get(name), str) and body[name].strip():
            yield body[name]
            return


def read(answer: Answer) -> Any:
    """The answer's JSON; None when it is not JSON."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def _is_page(answer: Answer) -> bool:
    """Whether it is a page for people: a proxy or a sign-in page answered instead of the API."""
    return "html" in answer.headers.get("content-type", "").lower()
