"""How to talk to an Ed-Fi API: pure functions that make requests and read answers (FACTS 3.1, 3.6,
3b).
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode

from rollcall.core.json_documents.fields import FieldKind, JsonResource
from rollcall.core.problems import words
from rollcall.core.school_year import SchoolYear
from rollcall.core.sending.channel import Limits, Next, Verdict
from rollcall.core.sign_in.oauth import oauth_error
from rollcall.integrations.edfi import refusals as code
from rollcall.integrations.edfi.answers import failed, is_id, read, refusal, verdict
from rollcall.integrations.edfi.settings import EdfiSettings, namespace
from rollcall.transports.http_json.api import READ, ChangeQueries, JsonApi, Listing, Target
from rollcall.transports.http_messages import Answer, Request

#: Documents of one page, the most an Ed-Fi API gives.
PAGE = 500
#: Seconds until a token ends, if the API does not say.
_LIFE = 1800.0

_PAGING = frozenset({"offset", "limit", "totalCount", "pageToken", "pageSize"})
_WRITE = {**READ, "Content-Type": "application/json"}


def sign_in(target: Target, key: str, secret: str) -> Request:
    """Ask for a token (OAuth client credentials)."""
    settings: EdfiSettings = target.settings
    basic = b64encode(f"{key}:{secret}".encode()).decode()
    headers = {
        "Authorization": f"Basic {basic}",
        "Content-Type": "application/x-www-form-urlencoded",
        **READ,
    }
    path = f"/{settings.token_path.strip('/')}"
    return Request("POST", path, b"grant_type=client_credentials", headers)


def token(answer: Answer) -> tuple[str, float] | Verdict:
    """(token, seconds until it ends). A Verdict of AGAIN, or REFUSED if key or secret is wrong."""
    body = read(answer)
    if answer.status == 200 and isinstance(body, Mapping):
        access_token, life = body.get("access_token"), body.get("expires_in")
        if isinstance(access_token, str) and re.fullmatch(r"[!-~]{1,8192}", access_token):
            is_usable = isinstance(life, int | float) and 0 < life < 1e9
            return access_token, float(life) if is_usable and life is not None else _LIFE
    # Before the sign-in any server can answer, so its own sentences are not shown.
    reason = words(answer.error) or oauth_error(answer.body) or f"HTTP {answer.status}"
    if answer.status in (400, 401, 403):
        return Verdict(Next.REFUSED, code.SIGN_IN_REFUSED, reason)
    return _unread(answer)._replace(text=reason)


def put(resource: JsonResource, body: bytes, id: str, target: Target) -> Request:
    """Add or update the document with the body's natural key; with `id` change that document,
    its key included.
    """
    path = _path(resource, target)
    return (
        Request("PUT", f"{path}/{id}", body, _WRITE) if id else Request("POST", path, body, _WRITE)
    )


def remove(resource: JsonResource, id: str, target: Target) -> Request:
    """Remove a document."""
    return Request("DELETE", f"{_path(resource, target)}/{id}", None, READ)


def find(resource: JsonResource, key: Mapping[str, str], target: Target) -> Request:
    """The document with this natural key (column to text), as a listing of one or none.

    Columns become query parameters; a code goes with its namespace.
    """
    settings: EdfiSettings = target.settings
    fields = {field.column: field for field in resource.fields}
    parameters = {}
    for column, text in key.items():
        name, field = _parameter(column), fields.get(column)
        if field is not None and field.kind is FieldKind.CODE:
            name = name if name.endswith("Descriptor") else f"{name}Descriptor"
            parameters[name] = f"{settings.namespace}/{field.descriptor}#{text}"
        else:
            parameters[name] = text
    return _get(_path(resource, target), parameters)


def _parameter(column: str) -> str:
    """A column's name as a query parameter: school_id is schoolId."""
    first, *more = column.split("_")
    return first + "".join(map(str.capitalize, more))


def pages(resource: JsonResource, about: str, target: Target) -> Request:
    """The first page of all documents, or of those about one student (the value of the column in
    `resource.about`).
    """
    only = {_parameter(resource.about): about} if about else {}
    page = {"offset": "0", "limit": str(PAGE), "totalCount": "true"}
    return _get(_path(resource, target), {**only, **page})


def listing(answer: Answer, request: Request) -> Listing | Verdict:
    """One page of a listing; or why there is none (REFUSED, AGAIN).

    Documents with another value than the request's parameters are left out: an API ignores a
    parameter it does not know, and the wrong document must not be changed or removed.
    """
    body = read(answer)
    if (
        answer.status != 200
        or not isinstance(body, list)
        or not all(isinstance(document, dict) and is_id(document.get("id")) for document in body)
    ):
        return _unread(answer)
    counted = answer.headers.get("total-count", "")
    total = int(counted) if re.fullmatch(r"[0-9]{1,15}", counted) else None
    parameters = {name: text for name, text in _query(request).items() if name not in _PAGING}
    documents = [document for document in body if _matches(document, parameters)]
    return Listing(documents, total, _next(answer, request, len(body), total))


def _matches(document: Mapping[str, object], parameters: Mapping[str, str]) -> bool:
    """Whether no value of a document, or of its references, contradicts the parameters."""
    if not parameters:
        return True
    values: dict[str, set[str]] = {}
    for name, value in document.items():
        for inner, text in value.items() if isinstance(value, Mapping) else ((name, value),):
            if inner in parameters and not isinstance(text, list):
                values.setdefault(inner, set()).add(_plain(text))
    return all(_plain(parameters[name]) in texts for name, texts in values.items())


def _plain(value: object) -> str:
    """A value without what APIs add to it: zeros before an id (FACTS 3.2), a time after a date."""
    return str(value).casefold().partition("t00:00")[0].lstrip("0")


def _query(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.path.partition("?")[2], keep_blank_values=True))


def _next(answer: Answer, request: Request, here: int, total: int | None) -> str:
    """The path of the next page: by the token the API gave, else by offset. "" after the last.

    Without a total, a page that is not full is the last.
    """
    path, parameters = request.path.partition("?")[0], _query(request)
    page = answer.headers.get("next-page-token", "")
    if not here or not (page or "offset" in parameters):
        return ""
    if page:
        filters = {name: text for name, text in parameters.items() if name not in _PAGING}
        return _with_query(path, {**filters, "pageToken": page, "pageSize": str(PAGE)})
    so_far = int(parameters["offset"]) + here
    more = so_far < total if total is not None else here >= PAGE
    return _with_query(path, {**parameters, "offset": str(so_far)}) if more else ""


def point(target: Target) -> Request:
    """Ask for the change version of now."""
    address = f"/changeQueries/v1{_year(target)}/availableChangeVersions"
    return Request("GET", address, None, READ)


def newest(answer: Answer) -> str | Verdict:
    """The change version of now; or why it cannot be read."""
    body = read(answer)
    version = body.get("newestChangeVersion") if isinstance(body, Mapping) else None
    if answer.status != 200 or not isinstance(version, int) or version < 0:
        return _unread(answer)
    return str(version)


def changed(resource: JsonResource, since: str, until: str, target: Target) -> Request:
    """The first page of the documents changed after one change version, up to another."""
    return _versions(_path(resource, target), since, until)


def gone(resource: JsonResource, since: str, until: str, target: Target) -> Request:
    """The same of what was removed."""
    return _versions(f"{_path(resource, target)}/deletes", since, until)


def _versions(path: str, since: str, until: str) -> Request:
    page = {"offset": "0", "limit": str(PAGE), "totalCount": "true"}
    versions = {"minChangeVersion": str(int(since) + 1), "maxChangeVersion": until}
    return _get(path, {**versions, **page})


def dependencies(target: Target) -> Request:
    """The API's own order of its resources."""
    return Request("GET", f"/metadata{_data(target)}/dependencies", None, READ)


def orders(answer: Answer) -> Mapping[str, int] | Verdict:
    """Order by resource path ("/ed-fi/students"); or why it cannot be read.

    Students are listed twice, for adding and for changing, which needs an enrollment first: the
    order for adding counts.
    """
    body = read(answer)
    if answer.status != 200 or not isinstance(body, list):
        return _unread(answer)
    by_path: dict[str, int] = {}
    for dependency in body:
        match dependency:
            case {"resource": str(path), "order": int(order), "operations": list(operations)}:
                if "Create" in operations:
                    by_path[path] = min(order, by_path.get(path, order))
    return by_path


def _unread(answer: Answer) -> Verdict:
    """The verdict for an answer that cannot be read."""
    if failure := failed(answer):
        return failure
    reason = refusal(answer)
    why = {403: code.ACCESS_DENIED, 404: code.ADDRESS, 405: code.ADDRESS}.get(answer.status)
    return Verdict(Next.REFUSED, why or code.REFUSED, reason.words)


def _get(path: str, parameters: Mapping[str, str]) -> Request:
    return Request("GET", _with_query(path, parameters), None, READ)


def _with_query(path: str, parameters: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(parameters, quote_via=quote)}"


def _path(resource: JsonResource, target: Target) -> str:
    return _data(target) + resource.path


def _data(target: Target) -> str:
    """The path of the data."""
    settings: EdfiSettings = target.settings
    return f"/{settings.data_path.strip('/')}{_year(target)}"


def _year(target: Target) -> str:
    """The year the school year ends in, as part of an address, if the API requires it."""
    settings: EdfiSettings = target.settings
    return f"/{SchoolYear.parse(target.school_year).end}" if settings.year_in_path else ""


API = JsonApi(
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
    namespace=namespace,
    limits=lambda settings: Limits(settings.concurrency),
    changes=ChangeQueries(point=point, newest=newest, changed=changed, gone=gone),
)
