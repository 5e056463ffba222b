"""How to talk to an Ed-Fi API: pure functions from a submission to a request, from an answer to
what it means (FACTS 3.1, 3.6, 3b).
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote, urlencode

from rollcall.core.problems import words
from rollcall.core.school_year import SchoolYear
from rollcall.core.sending.outbound import (
    Answer,
    FieldKind,
    Listing,
    Next,
    Remote,
    Request,
    Resource,
    Target,
    Verdict,
)
from rollcall.core.sign_in.oauth import oauth_error
from rollcall.integrations.edfi import refusals as code
from rollcall.integrations.edfi.answers import failed, is_id, read, refusal, verdict

#: Documents of one page, the most an Ed-Fi API gives.
PAGE = 500
#: How long a token lives where the API does not say (seconds).
_LIFE = 1800.0

_PAGING = frozenset({"offset", "limit", "totalCount", "pageToken", "pageSize"})
_READ = {"Accept": "application/json"}
_WRITE = {"Accept": "application/json", "Content-Type": "application/json"}


class _Settings(Protocol):
    """What of the sync's settings is needed here."""

    @property
    def namespace(self) -> str: ...
    @property
    def data_path(self) -> str: ...
    @property
    def year_in_path(self) -> bool: ...
    @property
    def token_path(self) -> str: ...


def sign_in(target: Target, key: str, secret: str) -> Request:
    """Ask for a token (OAuth client credentials)."""
    settings: _Settings = target.settings
    basic = b64encode(f"{key}:{secret}".encode()).decode()
    headers = {
        "Authorization": f"Basic {basic}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    path = f"/{settings.token_path.strip('/')}"
    return Request("POST", path, b"grant_type=client_credentials", headers)


def token(answer: Answer) -> tuple[str, float] | Verdict:
    """(token, seconds it lives). A Verdict of AGAIN, or REFUSED when key and secret are wrong."""
    body = read(answer)
    if answer.status == 200 and isinstance(body, Mapping):
        access_token, life = body.get("access_token"), body.get("expires_in")
        if isinstance(access_token, str) and re.fullmatch(r"[!-~]{1,8192}", access_token):
            is_usable = isinstance(life, int | float) and 0 < life < 1e9
            return access_token, float(life) if is_usable and life is not None else _LIFE
    if answer.status in (400, 401, 403):
        return Verdict(Next.REFUSED, code.SIGN_IN_REFUSED, _said_by_a_stranger(answer))
    return _unread(answer)._replace(text=_said_by_a_stranger(answer))


def _said_by_a_stranger(answer: Answer) -> str:
    """Why there is no token; anything may answer before we are signed in."""
    return words(answer.error) or oauth_error(answer.body) or f"HTTP {answer.status}"


def put(resource: Resource, body: bytes, id: str, target: Target) -> Request:
    """Add or update the document with the body's natural key; with `id` change that document,
    its key included.
    """
    path = _path(resource, target)
    return (
        Request("PUT", f"{path}/{id}", body, _WRITE) if id else Request("POST", path, body, _WRITE)
    )


def remove(resource: Resource, id: str, target: Target) -> Request:
    """Take a document away."""
    return Request("DELETE", f"{_path(resource, target)}/{id}", None, _READ)


def find(resource: Resource, key: Mapping[str, str], target: Target) -> Request:
    """The document with this natural key (column to text), as a listing of one or none."""
    parameters = dict(_parameter(resource, column, text, target) for column, text in key.items())
    return _get(_path(resource, target), parameters)


def pages(resource: Resource, about: str, target: Target) -> Request:
    """The first page of all documents, or of those about one student (the value of the column in
    `resource.about`).
    """
    only = {resource.about[0]: about} if about else {}
    page = {"offset": "0", "limit": str(PAGE), "totalCount": "true"}
    return _get(_path(resource, target), {**only, **page})


def listing(answer: Answer, request: Request) -> Listing | Verdict:
    """One page of a listing; or why there is none (REFUSED, AGAIN, SIGN_IN).

    Left out are documents with another value than was asked for: an API passes over a parameter it
    does not know, and what it gives instead must not be taken for the document, least of all to
    remove it.
    """
    body = read(answer)
    if answer.status != 200 or not isinstance(body, list) or not all(map(_is_document, body)):
        return _unread(answer)
    counted = answer.headers.get("total-count", "")
    total = int(counted) if re.fullmatch(r"[0-9]{1,15}", counted) else None
    parameters = [(name, value) for name, value in _query(request).items() if name not in _PAGING]
    meant = (
        [body_part for body_part in body if _is_meant(body_part, parameters)]
        if parameters
        else body
    )
    return Listing(meant, total, _next(answer, request, len(body), total))


def _is_meant(body: Mapping[str, Any], parameters: Sequence[tuple[str, str]]) -> bool:
    """Whether no value of a document contradicts those asked for."""
    values: dict[str, set[str]] = {}
    for name, value in _leaves(body):
        values.setdefault(name, set()).add(_plain(value))
    return all(name not in values or _plain(value) in values[name] for name, value in parameters)


def _plain(value: object) -> str:
    """A value without what APIs add to it: zeros before an id (FACTS 3.2), a time after a date."""
    return str(value).casefold().partition("t00:00")[0].lstrip("0")


def _leaves(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The document's own values and those of its references, by name."""
    for name, value in body.items():
        if isinstance(value, Mapping):
            yield from (
                (inner, inner_value)
                for inner, inner_value in value.items()
                if not isinstance(inner_value, list)
            )
        elif not isinstance(value, list):
            yield name, value


def _query(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.path.partition("?")[2], keep_blank_values=True))


def _next(answer: Answer, request: Request, here: int, total: int | None) -> Request | None:
    """The request for the next page: by the token the API gave, else by offset.

    Without a total, a page that is not full is the last.
    """
    path, parameters = request.path.partition("?")[0], _query(request)
    if page := answer.headers.get("next-page-token", ""):
        own_parameters = {name: value for name, value in parameters.items() if name not in _PAGING}
        return (
            _get(path, {**own_parameters, "pageToken": page, "pageSize": str(PAGE)})
            if here
            else None
        )
    if "offset" not in parameters or not here:
        return None
    so_far = int(parameters["offset"]) + here
    more = so_far < total if total is not None else here >= PAGE
    return _get(path, {**parameters, "offset": str(so_far)}) if more else None


def dependencies(target: Target) -> Request:
    """The API's own order of its resources."""
    return Request("GET", f"/metadata{_data(target)}/dependencies", None, _READ)


def orders(answer: Answer) -> Mapping[str, int] | Verdict:
    """Order by resource path ("/ed-fi/students"); or why it cannot be told.

    Students stand there twice, for adding and for changing, which needs an enrollment first: the
    order of adding counts.
    """
    body = read(answer)
    if answer.status != 200 or not isinstance(body, list):
        return _unread(answer)
    by_path: dict[str, int] = {}
    for entry in body:
        if _creates(entry):
            path, order = entry["resource"], entry["order"]
            by_path[path] = min(order, by_path.get(path, order))
    return by_path


def _creates(entry: Any) -> bool:
    return (
        isinstance(entry, Mapping)
        and isinstance(entry.get("resource"), str)
        and isinstance(entry.get("order"), int)
        and isinstance(entry.get("operations"), list)
        and "Create" in entry["operations"]
    )


def _unread(answer: Answer) -> Verdict:
    """The verdict of an answer that was asked for to be read, and cannot be."""
    if failure := failed(answer):
        return failure
    reason = refusal(answer)
    why = {403: code.ACCESS_DENIED, 404: code.ADDRESS, 405: code.ADDRESS}.get(answer.status)
    return Verdict(Next.REFUSED, why or code.REFUSED, reason.words)


def _is_document(body: object) -> bool:
    return isinstance(body, dict) and is_id(body.get("id"))


def _get(path: str, parameters: Mapping[str, str]) -> Request:
    return Request("GET", f"{path}?{urlencode(parameters, quote_via=quote)}", None, _READ)


def _path(resource: Resource, target: Target) -> str:
    return _data(target) + resource.path


def _data(target: Target) -> str:
    """Where the data are: with the year the school year ends in, where the API wants one."""
    settings: _Settings = target.settings
    path = f"/{settings.data_path.strip('/')}"
    if not settings.year_in_path:
        return path
    return f"{path}/{SchoolYear.parse(target.school_year).end}"


def _parameter(resource: Resource, column: str, text: str, target: Target) -> tuple[str, str]:
    """A key column as a query parameter: school_id as schoolId; a code with its namespace."""
    first, *words = column.split("_")
    name = first + "".join(map(str.capitalize, words))
    field = next((declared for declared in resource.fields if declared.column == column), None)
    if field is None or field.kind is not FieldKind.CODE:
        return name, text
    settings: _Settings = target.settings
    name = name if name.endswith("Descriptor") else f"{name}Descriptor"
    return name, f"{settings.namespace}/{field.descriptor}#{text}"


REMOTE = Remote(
    sign_in=sign_in,
    token=token,
    put=put,
    remove=remove,
    find=find,
    list=pages,
    listing=listing,
    verdict=verdict,
    dependencies=dependencies,
    orders=orders,
)
