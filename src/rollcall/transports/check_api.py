"""The connection test where there is an API: certificate, version, sign-in, a signed request."""

import json
import re
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from rollcall.core.reach import Reach
from rollcall.core.sending.outbound import Answer, Request
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
from rollcall.transports.port import Stage
from rollcall.transports.settings import HttpSettings
from rollcall.transports.steps import Step, Test

_TITLES = {
    Stage.RESOLVE: "Find the server's address",
    Stage.CONNECT: "Connect",
    Stage.TLS: "Check the certificate",
    Stage.VERSION: "Ask for the version",
    Stage.SIGN_IN: "Sign in",
    Stage.READ: "Ask what it takes",
}
#: Where an API has its sign-in, unless it says otherwise itself.
_TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
_READ = {"Accept": "application/json"}
#: What a version and the name of a data model look like; other words of an answer are not shown,
#: since any service may have given it.
_NUMBER = re.compile(r"v?\d{1,4}(\.\d{1,6}){0,3}([-+][0-9A-Za-z.]{1,20})?")
_ENOUGH = 10
_MODEL = re.compile(r"[A-Za-z][A-Za-z-]{0,19}")


def steps(settings: HttpSettings, names: Sequence[str]) -> list[Step]:
    """The steps there are; without TLS (this machine only) no certificate is checked."""
    return [
        Step(stage, title)
        for stage, title in _TITLES.items()
        if stage is not Stage.TLS or settings.encrypted
    ]


def go(settings: HttpSettings, names: Sequence[str], reach: Reach, test: Test) -> None:
    """Take the steps. The first two on a connection of their own, to say which one fails."""
    with test.coded():
        host, port = settings.place
        with dial(host, port, settings.timeout_seconds, reach, test) as reached:
            if settings.encrypted:
                test.stage(Stage.TLS)
                test.said(_certificate(settings, reached))
        with closing(HttpClient(settings, reach)) as client:
            urls = _version(settings, client, test)
            token = _sign_in(settings, client, urls, test)
            _read(settings, client, urls, token, test)


def _certificate(settings: HttpSettings, reached: socket.socket) -> str:
    """The version of TLS, and whose certificate it is, by whom and until when."""
    with _coded():
        trusted = trusting(settings.ca_certificate)
        host, _ = settings.place
        with trusted.wrap_socket(reached, server_hostname=host) as encrypted:
            shown, version = encrypted.getpeercert() or {}, encrypted.version()
    until = f"until {shown.get('notAfter', '?')}"
    return f"{version}; {_name(shown, 'subject')} by {_name(shown, 'issuer')}, {until}"


@contextmanager
def _coded() -> Iterator[None]:
    """Turn the errors of TLS into ours."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise TransportError(CERTIFICATE, server_text=error.verify_message) from error
    except (ConnectionError, ssl.SSLEOFError) as error:
        raise TransportError(LOST, server_text=str(error.strerror or "")) from error
    except TimeoutError as error:
        raise TransportError(TIMEOUT) from error
    except ssl.SSLError as error:
        raise TransportError(PROTOCOL, server_text=error.reason) from error
    except OSError as error:
        raise TransportError(LOST, server_text=str(error.strerror or "")) from error


def _name(shown: Mapping[str, Any], whose: str) -> str:
    fields = {name: value for part in shown.get(whose, ()) for name, value in part}
    return str(fields.get("commonName") or fields.get("organizationName") or "?")


def _version(settings: HttpSettings, client: HttpClient, test: Test) -> Mapping[str, str]:
    """What the API says of itself; the addresses it names that lie below its own.

    Others are not asked: the secret goes nowhere but where the settings say.
    """
    test.stage(Stage.VERSION)
    answer = _ask(client, Request("GET", "/", None, _READ))
    body = _json(answer)
    if answer.status != 200 or not isinstance(body, dict):
        test.said(f"the API does not describe itself (HTTP {answer.status})")
        return {}
    test.said("; ".join([f"version {_number(body.get('version'))}", *_models(body)]))
    urls = body.get("urls")
    entries = urls.items() if isinstance(urls, dict) else ()
    return {
        name: url.removeprefix(settings.url)
        for name, url in entries
        if isinstance(url, str) and url.startswith(f"{settings.url}/") and url.isascii()
    }


def _number(value: object) -> str:
    return value if isinstance(value, str) and _NUMBER.fullmatch(value) else "?"


def _models(body: Mapping[str, Any]) -> list[str]:
    """The data models it speaks, such as "Ed-Fi 4.0.0"."""
    models = body.get("dataModels")
    listed = models if isinstance(models, list) else []
    return [
        f"{model['name']} {_number(model.get('version'))}"
        for model in listed[:_ENOUGH]
        if isinstance(model, dict) and _MODEL.fullmatch(str(model.get("name")))
    ]


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
    test.said(f"a token for {life} seconds" if isinstance(life, int) else "a token")
    return token


def _read(
    settings: HttpSettings, client: HttpClient, urls: Mapping[str, str], token: str, test: Test
) -> None:
    """Ask for the list of resources, signed with the token."""
    test.stage(Stage.READ)
    if "dependencies" not in urls:
        test.said("the API does not say where its list of resources is")
        return
    answer = _ask(client, Request("GET", urls["dependencies"], None, _READ), token)
    parsed = _json(answer)
    if answer.status != 200 or not isinstance(parsed, list):
        raise _unanswered(answer)
    test.said(f"{len(parsed)} resources")


def _ask(client: HttpClient, request: Request, token: str = "") -> Answer:
    """The answer to one request; TransportError where none comes."""
    client.send(None, request, token)
    while not (answers := client.poll(1.0)):
        pass
    (_, answer), *_ = answers
    if not answer.status:
        code, _, detail = answer.error.partition(": ")
        raise TransportError(code, server_text=detail)
    return answer


def _unanswered(answer: Answer) -> TransportError:
    """Why an answer is not what was asked for. Of its words only those of the protocol: who
    answered may be any service.
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
