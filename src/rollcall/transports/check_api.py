"""The connection test where there is an API: certificate, version, sign-in, a signed request."""

import json
import re
import socket
import ssl
from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from rollcall.core.reach import Reach
from rollcall.core.sign_in.oauth import oauth_error
from rollcall.transports.certificates import trusting
from rollcall.transports.dialing import dial
from rollcall.transports.errors import (
    CERTIFICATE,
    FAILED,
    KEY_REFUSED,
    LOST,
    NO_API,
    PROTOCOL,
    TIMEOUT,
    TransportError,
)
from rollcall.transports.http import HttpClient
from rollcall.transports.http_messages import Answer, Request
from rollcall.transports.port import Stage
from rollcall.transports.settings import HttpSettings
from rollcall.transports.steps import Step, Test

_TITLES = {
    Stage.RESOLVE: "Find the server's address",
    Stage.CONNECT: "Connect",
    Stage.TLS: "Check the certificate",
    Stage.VERSION: "Ask for the version",
    Stage.SIGN_IN: "Sign in",
    Stage.READ: "Ask for its resources",
}
#: The path of an API's sign-in, unless the API says otherwise.
_TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
_READ = {"Accept": "application/json"}
#: A version and the name of a data model. Other text of an answer is not shown, since it can come
#: from any server.
_NUMBER = re.compile(r"v?\d{1,4}(\.\d{1,6}){0,3}([-+][0-9A-Za-z.]{1,20})?")
_MOST_MODELS = 10
_MODEL = re.compile(r"[A-Za-z][A-Za-z-]{0,19}")


def steps(settings: HttpSettings, names: Sequence[str]) -> list[Step]:
    """The steps; without TLS (this machine only) no certificate is checked."""
    return [
        Step(stage, title)
        for stage, title in _TITLES.items()
        if stage is not Stage.TLS or settings.encrypted
    ]


def run(settings: HttpSettings, names: Sequence[str], reach: Reach, test: Test) -> None:
    """Take the steps: the first two on their own connection, to show which of them fails."""
    with test.coded():
        host, port = settings.place
        with dial(host, port, settings.timeout_seconds, reach, test) as reached:
            if settings.encrypted:
                test.stage(Stage.TLS)
                test.note(_certificate(settings, reached))
        with closing(HttpClient(settings, reach)) as client:
            urls = _version(settings, client, test)
            token = _sign_in(settings, client, urls, test)
            test.stage(Stage.READ)
            if "dependencies" not in urls:
                test.note("the API does not say where its list of resources is")
                return
            answer = _ask(client, Request("GET", urls["dependencies"], None, _READ), token)
            resources = _json(answer)
            if answer.status != 200 or not isinstance(resources, list):
                raise _unanswered(answer)
            test.note(f"{len(resources)} resources")


def _certificate(settings: HttpSettings, reached: socket.socket) -> str:
    """The version of TLS, and the certificate's subject, issuer and last day."""
    try:
        trusted = trusting(settings.ca_certificate)
        host, _ = settings.place
        with trusted.wrap_socket(reached, server_hostname=host) as encrypted:
            shown, version = encrypted.getpeercert() or {}, encrypted.version()
    except ssl.SSLCertVerificationError as error:
        raise TransportError(CERTIFICATE, server_text=error.verify_message) from error
    except TimeoutError as error:
        raise TransportError(TIMEOUT) from error
    except OSError as error:
        if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
            raise TransportError(PROTOCOL, server_text=error.reason) from error
        raise TransportError(LOST, server_text=str(error.strerror or "")) from error
    until = f"until {shown.get('notAfter', '?')}"
    return f"{version}; {_name(shown, 'subject')} by {_name(shown, 'issuer')}, {until}"


def _name(shown: Mapping[str, Any], whose: str) -> str:
    fields = {name: value for part in shown.get(whose, ()) for name, value in part}
    return str(fields.get("commonName") or fields.get("organizationName") or "?")


def _version(settings: HttpSettings, client: HttpClient, test: Test) -> Mapping[str, str]:
    """The addresses that the API gives for its parts. Only those below the address in the settings
    are used: the secret goes to no other.
    """
    test.stage(Stage.VERSION)
    answer = _ask(client, Request("GET", "/", None, _READ))
    body = _json(answer)
    if answer.status != 200 or not isinstance(body, dict):
        test.note(f"the API does not describe itself (HTTP {answer.status})")
        return {}
    models, urls = body.get("dataModels"), body.get("urls")
    names = [
        f"{model['name']} {_number(model.get('version'))}"
        for model in (models[:_MOST_MODELS] if isinstance(models, list) else ())
        if isinstance(model, dict) and _MODEL.fullmatch(str(model.get("name")))
    ]
    test.note("; ".join([f"version {_number(body.get('version'))}", *names]))
    entries = urls.items() if isinstance(urls, dict) else ()
    return {
        name: url.removeprefix(settings.url)
        for name, url in entries
        if isinstance(url, str) and url.startswith(f"{settings.url}/") and url.isascii()
    }


def _number(value: object) -> str:
    return value if isinstance(value, str) and _NUMBER.fullmatch(value) else "?"


def _sign_in(
    settings: HttpSettings, client: HttpClient, urls: Mapping[str, str], test: Test
) -> str:
    """A token for the key and the secret (OAuth client credentials)."""
    test.stage(Stage.SIGN_IN)
    pair = f"{settings.key}:{settings.secret.get_secret_value()}"
    headers = {
        "Authorization": f"Basic {b64encode(pair.encode()).decode()}",
        "Content-Type": "application/x-www-form-urlencoded",
        **_READ,
    }
    path = urls.get("oauth", _TOKEN_PATH)
    answer = _ask(client, Request("POST", path, b"grant_type=client_credentials", headers))
    body = _json(answer)
    token = body.get("access_token") if isinstance(body, dict) else None
    if answer.status != 200 or not isinstance(token, str) or not token.isprintable():
        raise _unanswered(answer)
    life = body.get("expires_in") if isinstance(body, dict) else None
    test.note(f"a token for {life} seconds" if isinstance(life, int) else "a token")
    return token


def _ask(client: HttpClient, request: Request, token: str = "") -> Answer:
    """The answer to one request; TransportError if there is none."""
    client.send(None, request, token)
    while not (answers := client.poll(1.0)):
        pass
    (_, answer), *_ = answers
    if not answer.status:
        code, _, detail = answer.error.partition(": ")
        raise TransportError(code, server_text=detail)
    return answer


def _unanswered(answer: Answer) -> TransportError:
    """The error for a wrong answer, with only the protocol's own words, since any server can have
    answered.
    """
    code = {400: KEY_REFUSED, 401: KEY_REFUSED, 403: KEY_REFUSED}.get(answer.status)
    busy = answer.status == 429 or answer.status >= 500
    code = code or (FAILED if busy else NO_API)
    return TransportError(code, f"HTTP {answer.status}", oauth_error(answer.body))


def _json(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
