"""An OpenID Connect server on loopback, as far as signing in needs one."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

CLIENT, SECRET, CODE = "rollcall", "a-client-secret", "the-code"


@dataclass
class Provider:
    """The server: `person` is what it says of whoever signs in. `challenge`: what the authorization
    request asked the token request to prove (PKCE, S256).
    """

    address: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    challenge: str = ""

    def settings(self, **more: Any) -> dict[str, Any]:
        """Django's SOCIALACCOUNT_PROVIDERS for it."""
        app = {
            "provider_id": "sso",
            "name": "District account",
            "client_id": CLIENT,
            "secret": SECRET,
            "settings": {"server_url": self.address, "oauth_pkce_enabled": True, **more},
        }
        return {"openid_connect": {"APPS": [app]}}


@contextmanager
def oidc_server() -> Iterator[Provider]:
    """The server, running."""
    provider = Provider()
    server = HTTPServer(("127.0.0.1", 0), _handler(provider))
    provider.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/.well-known/openid-configuration":
                self.answer(200, _configuration(provider.address))
            elif self.headers["Authorization"] == "Bearer a-token":
                self.answer(200, provider.person)
            else:
                self.answer(401, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {name: values[0] for name, values in parse_qs(body).items()}
            proof = hashlib.sha256(asked["code_verifier"].encode()).digest()
            given = (asked["client_id"], asked["client_secret"], asked["code"], _text(proof))
            fits = given == (CLIENT, SECRET, CODE, provider.challenge)
            token = {"access_token": "a-token", "token_type": "Bearer"}
            self.answer(200 if fits else 400, token if fits else {"error": "invalid_grant"})

        def answer(self, status: int, body: dict[str, Any]) -> None:
            sent = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


def _configuration(address: str) -> dict[str, Any]:
    return {
        "issuer": address,
        "authorization_endpoint": f"{address}/authorize",
        "token_endpoint": f"{address}/token",
        "userinfo_endpoint": f"{address}/userinfo",
        "jwks_uri": f"{address}/keys",
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    }


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
