"""Asking an OpenID Connect server who a person is: authorization code, PKCE, nonce, ID token.

Its answers are small JSON objects, or they are refused; none is ever quoted.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from secrets import token_urlsafe
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from django.conf import settings
from pydantic import SecretStr, ValidationError

from rollcall.core.reach import Reach, networks
from rollcall.core.sign_in.identity import Expected, Identity, Unproven, identity
from rollcall.engine.clock import Clock
from rollcall.transports.http import HttpClient
from rollcall.transports.http_messages import Answer, Request
from rollcall.transports.settings import HttpSettings

#: How an ID token can be signed; never "none", and never with a secret that can be a public key.
_KINDS = {"RS256": "RSA", "ES256": "EC"}
#: What the library raises at keys that are none.
_UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RecursionError,
    UnsupportedAlgorithm,
)
_SECONDS = 5
_LONGEST = 1 << 20
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Away(Exception):
    """The server cannot be reached."""


@dataclass(frozen=True)
class Server:
    """A sign-on server, by the settings of whoever runs Rollcall. `issuer` has no slash at its end,
    whichever way the server writes it.
    """

    name: str
    issuer: str
    client_id: str
    secret: str
    trust_email: bool


@dataclass(frozen=True)
class Started:
    """What a sign-in that was sent to the server has to come back with."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class _Endpoints:
    issuer: str
    authorize: str
    token: str
    keys: str
    userinfo: str  # "" when it has none
    basic: bool  # the client's secret goes in a header


def server() -> Server | None:
    """The sign-on server; None when there is none."""
    declared: dict[str, Any] = settings.SINGLE_SIGN_ON
    return Server(**declared) if declared["issuer"] else None


def start(of: Server, back: str, *, again: bool = False) -> tuple[str, Started]:
    """Where to send the browser, and what to keep until it comes `back`. `again`: the person signs
    in anew there, even if they are. Unproven, Away.
    """
    started = Started(token_urlsafe(24), token_urlsafe(24), token_urlsafe(48))
    proof = hashlib.sha256(started.verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": of.client_id,
        "redirect_uri": back,
        "scope": "openid email",
        "state": started.state,
        "nonce": started.nonce,
        "code_challenge": base64.urlsafe_b64encode(proof).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        **({"prompt": "login", "max_age": "0"} if again else {}),
    }
    address = _endpoints(of).authorize
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", started


def finish(of: Server, started: Started, code: str, back: str, clock: Clock) -> Identity:
    """Who came back with this code. Unproven, Away."""
    endpoints = _endpoints(of)
    token_answer = _token(of, endpoints, started, code, back)
    token = _claims(_text(token_answer, "id_token"), _ask(of, endpoints.keys))
    user_info: dict[str, Any] = {}
    if endpoints.userinfo:
        user_info = _ask(of, endpoints.userinfo, bearer=_text(token_answer, "access_token"))
    expected = Expected(endpoints.issuer, of.client_id, started.nonce, clock.now())
    return replace(identity(token, user_info, expected, of.trust_email), issuer=of.issuer)


def _token(
    of: Server, endpoints: _Endpoints, started: Started, code: str, back: str
) -> dict[str, Any]:
    """The tokens a code is good for."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": started.verifier,
    }
    if endpoints.basic:
        pair = f"{quote(of.client_id, safe='')}:{quote(of.secret, safe='')}"
        headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    else:
        form |= {"client_id": of.client_id, "client_secret": of.secret}
        headers = {}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return _ask(of, endpoints.token, form=urlencode(form).encode(), headers=headers)


def _endpoints(of: Server) -> _Endpoints:
    """The server's own addresses, as it publishes them (OpenID Connect Discovery 1.0)."""
    discovery = _ask(of, f"{of.issuer}/.well-known/openid-configuration")
    issuer = _text(discovery, "issuer")
    if issuer.rstrip("/") != of.issuer:
        raise Unproven("configuration: another issuer")
    ways = discovery.get("token_endpoint_auth_methods_supported")
    ways = ways if isinstance(ways, list) else []
    return _Endpoints(
        issuer=issuer,
        authorize=_endpoint(discovery, "authorization_endpoint", of),
        token=_endpoint(discovery, "token_endpoint", of),
        keys=_endpoint(discovery, "jwks_uri", of),
        userinfo=_endpoint(discovery, "userinfo_endpoint", of)
        if "userinfo_endpoint" in discovery
        else "",
        basic="client_secret_basic" in ways and "client_secret_post" not in ways,
    )


def _endpoint(discovery: dict[str, Any], name: str, of: Server) -> str:
    """An address the server names: by https, on this machine only when the server is."""
    address = _text(discovery, name)
    try:
        parts = urlsplit(address)
        here = _is_here(address)
    except ValueError:
        raise Unproven(f"configuration: {name}") from None
    allowed = _is_here(of.issuer) if here else parts.scheme == "https" and bool(parts.hostname)
    if not allowed or parts.scheme not in ("http", "https") or " " in address:
        raise Unproven(f"configuration: {name}")
    return address


def _claims(token: str, keys: dict[str, Any]) -> dict[str, Any]:
    """The claims of an ID token that one of the server's keys has signed."""
    try:
        header = jwt.get_unverified_header(token)
        key = _key(header, keys)
        signed = jwt.PyJWS(options={"verify_signature": True, "enforce_minimum_key_length": True})
        return _json(signed.decode(token, key, algorithms=[str(header["alg"])]))
    except (jwt.PyJWTError, *_UNREADABLE):
        raise Unproven("id_token: signature") from None


def _key(header: dict[str, Any], keys: dict[str, Any]) -> jwt.PyJWK:
    """The key a token names; without a name the only one that fits."""
    kind = _KINDS.get(header.get("alg", ""))
    fitting = [
        key
        for key in keys["keys"]
        if isinstance(key, dict) and key.get("kty") == kind and key.get("use", "sig") == "sig"
    ]
    if (name := header.get("kid")) is not None:
        fitting = [key for key in fitting if key.get("kid") == name]
    if kind is None or len(fitting) != 1:
        raise Unproven("id_token: no key")
    return jwt.PyJWK(fitting[0], str(header["alg"]))


def _ask(
    of: Server,
    address: str,
    *,
    form: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    bearer: str = "",
) -> dict[str, Any]:
    """The JSON object the server answers with. Unproven, Away."""
    parts = urlsplit(address)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    request = Request("GET" if form is None else "POST", path, form, headers or {})
    answer = _answer(of, f"{parts.scheme}://{parts.netloc}", request, bearer)
    if answer.status == 0:
        raise Away(answer.error.partition(":")[0])
    if answer.status != 200 or len(answer.body) > _LONGEST:
        raise Unproven("answer")
    try:
        return _json(answer.body)
    except (ValueError, RecursionError):
        raise Unproven("answer: no JSON object") from None


def _answer(of: Server, base: str, request: Request, bearer: str) -> Answer:
    """The one way to the server: no redirect is followed, and only addresses we reach are asked."""
    try:
        place = HttpSettings(url=base, key="-", secret=SecretStr("-"), timeout_seconds=_SECONDS)
    except ValidationError:
        raise Unproven("address") from None
    with closing(HttpClient(place, _reach(of))) as client:
        client.send(None, request, bearer)
        answered: list[tuple[object, Answer]] = []
        while not answered:
            answered = client.poll(_SECONDS)
    return answered[0][1]


def _reach(of: Server) -> Reach:
    """A server within the organization can be asked, also where it runs beside us; this machine's
    loopback only when the server is there.
    """
    words = ["private", "loopback"] if _is_here(of.issuer) else ["private"]
    return Reach(networks=networks(words), itself=True)


def _is_here(address: str) -> bool:
    return urlsplit(address).hostname in _LOOPBACK


def _json(body: bytes) -> dict[str, Any]:
    parsed = json.loads(body)
    if not isinstance(parsed, dict):
        raise ValueError
    return parsed


def _text(answer: dict[str, Any], name: str) -> str:
    """A text of an answer, fit for a header."""
    text = answer.get(name)
    if not isinstance(text, str) or not text.isascii() or not text.isprintable() or not text:
        raise Unproven(f"answer: {name}")
    return text
