"""The connection test where there is an API: certificate, version, sign-in, a signed request."""

import json
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from rollcall.core.outbound import Answer, Request
from rollcall.core.problems import words
from rollcall.transports.errors import (
    CA_FILE,
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
from rollcall.transports.reach import reach
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


def steps(settings: HttpSettings, names: Sequence[str]) -> list[Step]:
    """The steps there are; without TLS (this machine only) no certificate is checked."""
    return [
        Step(stage, title)
        for stage, title in _TITLES.items()
        if stage is not Stage.TLS or settings.encrypted
    ]


def go(settings: HttpSettings, names: Sequence[str], test: Test) -> None:
    """Take the steps. The first two on a connection of their own, to say which one fails."""
    with test.coded():
        host, port = settings.place
        with reach(host, port, settings.timeout_seconds, test) as reached:
            if settings.encrypted:
                test.stage(Stage.TLS)
                test.said(_certificate(settings, reached))
        with closing(HttpClient(settings)) as client:
            urls = _version(settings, client, test)
            token = _sign_in(settings, client, urls, test)
            _read(settings, client, urls, token, test)


def _certificate(settings: HttpSettings, reached: socket.socket) -> str:
    """The version of TLS, and whose certificate it is, by whom and until when."""
    with _coded():
        trusted = ssl.create_default_context()
        if settings.ca_file:
            trusted.load_verify_locations(settings.ca_file)
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
        raise TransportError(CERTIFICATE, said=error.verify_message) from error
    except (ConnectionError, ssl.SSLEOFError) as error:
        raise TransportError(LOST, said=str(error.strerror or "")) from error
    except TimeoutError as error:
        raise TransportError(TIMEOUT) from error
    except ssl.SSLError as error:
        unreadable = error.library is None or "PEM" in str(error) or "X509" in str(error)
        raise TransportError(CA_FILE if unreadable else PROTOCOL, said=str(error)) from error
    except OSError as error:
        raise TransportError(CA_FILE, str(error.strerror or "")) from error


def _name(shown: Mapping[str, Any], whose: str) -> str:
    found = {name: value for part in shown.get(whose, ()) for name, value in part}
    return str(found.get("commonName") or found.get("organizationName") or "?")


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
    test.said("; ".join([f"version {body.get('version', '?')}", *_models(body)]))
    urls = body.get("urls")
    found = urls.items() if isinstance(urls, dict) else ()
    return {
        name: url.removeprefix(settings.url)
        for name, url in found
        if isinstance(url, str) and url.startswith(f"{settings.url}/") and url.isascii()
    }


def _models(body: Mapping[str, Any]) -> list[str]:
    """The data models it speaks, such as "Ed-Fi 4.0.0"."""
    models = body.get("dataModels")
    listed = models if isinstance(models, list) else []
    return [f"{one.get('name')} {one.get('version')}" for one in listed if isinstance(one, dict)]


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
    found = _json(answer)
    if answer.status != 200 or not isinstance(found, list):
        raise _unanswered(answer)
    test.said(f"{len(found)} resources")


def _ask(client: HttpClient, request: Request, token: str = "") -> Answer:
    """The answer to one request; TransportError where none comes."""
    client.send(None, request, token)
    while not (answers := client.poll(1.0)):
        pass
    (_, answer), *_ = answers
    if not answer.status:
        code, _, said = answer.error.partition(": ")
        raise TransportError(code, said=said)
    return answer


def _unanswered(answer: Answer) -> TransportError:
    """Why an answer is not what was asked for, with the server's own words."""
    code = {400: KEY_REFUSED, 401: KEY_REFUSED, 403: KEY_REFUSED}.get(answer.status)
    busy = answer.status == 429 or answer.status >= 500
    return TransportError(
        code or (FAILED if busy else NO_API), f"HTTP {answer.status}", _said(answer)
    )


def _said(answer: Answer) -> str:
    body = _json(answer)
    told = body if isinstance(body, dict) else {}
    named = ("detail", "message", "error_description", "error")
    plain = answer.body[:300].decode("utf-8", "replace")
    return words(next((told[name] for name in named if told.get(name)), plain))


def _json(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
