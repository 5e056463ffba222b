"""An OpenID Connect server on loopback: signs ID tokens, and misbehaves when told to."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CLIENT, SECRET, CODE = "rollcall", "a-client-secret", "the-code"
#: In place of a claim or a part of an answer: leave it out.
ABSENT = object()

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def key(name: str) -> Key:
    """A key pair, made once: "rsa", "ec", or another RSA one by any other name."""
    if name == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, 1024 if name == "short" else 2048)


@dataclass
class Reply:
    """An answer in place of the right one. `wait`: seconds before it."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0


@dataclass
class Provider:
    """The server. `person`: what it says of whoever signs in, in the ID token and besides.
    `claims`: what it says in the ID token only. `told`: what it says besides only. `replies`: by
    path, what it answers instead. `asked`: the authorization request, by which it is called back.
    `given`: parts of the token answer. `header`: of ID tokens; `replaced_header`: put in later.
    """

    address: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    configuration: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    replies: dict[str, Reply] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    algorithm: str = "RS256"
    signs_with: str = "rsa"
    header: dict[str, Any] = field(default_factory=dict)
    replaced_header: dict[str, Any] | None = None
    keys: list[Any] | None = None
    heard: list[str] = field(default_factory=list)

    def settings(self, **more: Any) -> dict[str, Any]:
        """SINGLE_SIGN_ON for it."""
        return {
            "name": "District account",
            "issuer": self.address,
            "client_id": CLIENT,
            "secret": SECRET,
            "trust_email": False,
            **more,
        }

    def authorize(self, address: str) -> dict[str, str]:
        """Take an authorization request; what it asked."""
        where = urlsplit(address)
        assert address.startswith(f"{self.address}/authorize?"), address
        self.asked = {name: values[0] for name, values in parse_qs(where.query).items()}
        return self.asked

    def id_token(self) -> str:
        """The ID token of who is signed in."""
        now = int(time.time())
        claims = {
            "iss": self.address,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": self.asked.get("nonce", ""),
        }
        said = json.dumps(_present(claims | self.person | self.claims)).encode()
        token = self.signed(said)
        if self.replaced_header is not None:
            _, payload, signature = token.split(".")
            return f"{_text(json.dumps(self.replaced_header).encode())}.{payload}.{signature}"
        return token

    def signed(self, payload: bytes) -> str:
        """A payload, signed as the server signs."""
        header = {"kid": self.signs_with, **self.header}
        if self.algorithm == "none":
            return f"{_text(json.dumps({'alg': 'none', **header}).encode())}.{_text(payload)}."
        if self.algorithm == "HS256":
            public = key("rsa").public_key()
            secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            head = _text(json.dumps({"alg": "HS256", **header}).encode())
            made = f"{head}.{_text(payload)}"
            return f"{made}.{_text(hmac.digest(secret, made.encode(), 'sha256'))}"
        return jwt.PyJWS().encode(payload, key(self.signs_with), self.algorithm, header)

    def published(self) -> dict[str, Any]:
        """Its keys (JWKS)."""
        return {"keys": [jwk("rsa"), jwk("ec")] if self.keys is None else self.keys}


@contextmanager
def oidc_server() -> Iterator[Provider]:
    """The server, running."""
    provider = Provider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    provider.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
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
                self.answer(200, _configuration(provider))
            elif self.path == "/keys":
                self.answer(200, provider.published())
            elif self.path == "/userinfo" and self.headers["Authorization"] == "Bearer a-token":
                self.answer(200, _present(provider.person | provider.told))
            else:
                self.answer(401, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {name: values[0] for name, values in parse_qs(body).items()}
            proof = hashlib.sha256(asked["code_verifier"].encode()).digest()
            given = (*self.client(asked), asked["code"], _text(proof), asked["redirect_uri"])
            wanted = (provider.asked["code_challenge"], provider.asked["redirect_uri"])
            fits = given == (CLIENT, SECRET, CODE, *wanted)
            token = {
                "access_token": "a-token",
                "token_type": "Bearer",
                "id_token": provider.id_token(),
            }
            refused = {"error": "invalid_grant"}
            self.answer(200 if fits else 400, _present(token | provider.given) if fits else refused)

        def client(self, asked: dict[str, str]) -> tuple[str | None, str | None]:
            if (said := self.headers["Authorization"] or "").startswith("Basic "):
                name, _, secret = base64.b64decode(said[6:]).decode().partition(":")
                return name, secret
            return asked.get("client_id"), asked.get("client_secret")

        def answer(self, status: int, body: dict[str, Any]) -> None:
            provider.heard.append(self.path)
            reply = provider.replies.get(self.path, Reply(status, json.dumps(body).encode()))
            time.sleep(reply.wait)
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


def _configuration(provider: Provider) -> dict[str, Any]:
    address = provider.address
    usual = {
        "issuer": address,
        "authorization_endpoint": f"{address}/authorize",
        "token_endpoint": f"{address}/token",
        "userinfo_endpoint": f"{address}/userinfo",
        "jwks_uri": f"{address}/keys",
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    }
    return _present(usual | provider.configuration)


def _present(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not ABSENT}


def jwk(name: str) -> dict[str, Any]:
    """One public key as the server publishes it."""
    public = key(name).public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        made = jwt.algorithms.ECAlgorithm.to_jwk(public, as_dict=True)
    else:
        made = jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True)
    return {**made, "kid": name, "use": "sig"}


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
