"""Tokens by client credentials: how a client signs in, and until when."""

import base64
import binascii
import json
from collections.abc import Callable
from urllib.parse import parse_qs

from rollcall.sandbox.edfi.answers import TOO_MANY_TOKENS, Refused, Reply, found


class Tokens:
    """The tokens given to the one client. `lifetime`: seconds a token lives. `most`: how
    many may live at once. `uses`: how many
    requests a token is good for (0: any number). `clock`: seconds that only grow.
    """

    def __init__(self, key: str, secret: str, clock: Callable[[], float]) -> None:
        self.key = key
        self.secret = secret
        self.clock = clock
        self.lifetime = 1800.0
        self.most = 15
        self.given = 0
        self._until: dict[str, float] = {}
        self._uses: dict[str, int] = {}

    def sign_in(self, body: bytes, content_type: str, authorization: str) -> Reply:
        """The answer to a request for a token; raises Refused when there are too many."""
        asked = _fields(body, content_type)
        key, secret = _basic(authorization) or (
            asked.get("client_id", ""),
            asked.get("client_secret", ""),
        )
        if asked.get("grant_type") != "client_credentials":
            return _no(400, "unsupported_grant_type")
        if (key, secret) != (self.key, self.secret):
            return _no(401, "invalid_client")
        return found(self._new())

    def good(self, authorization: str, uses: int = 0) -> bool:
        """Whether a request with this header is let in; it uses its token once."""
        kind, _, token = authorization.partition(" ")
        until = self._until.get(token)
        if until is None or kind.lower() != "bearer":
            return False
        if until <= self.clock() or (uses and self._used(token) > uses):
            self._end(token)
            return False
        return True

    def expire(self) -> None:
        """No token is good any longer."""
        self._until.clear()
        self._uses.clear()

    def _used(self, token: str) -> int:
        self._uses[token] = self._uses.get(token, 0) + 1
        return self._uses[token]

    def _end(self, token: str) -> None:
        del self._until[token]
        self._uses.pop(token, None)

    def _new(self) -> dict[str, object]:
        now = self.clock()
        for token in [one for one, until in self._until.items() if until <= now]:
            self._end(token)
        if len(self._until) >= self.most:
            raise Refused(
                TOO_MANY_TOKENS, "Too many tokens are live for this client. Use them, or wait."
            )
        self.given += 1
        token = f"{self.given:032x}"
        self._until[token] = now + self.lifetime
        return {
            "access_token": token,
            "expires_in": int(self.lifetime),
            "token_type": "bearer",
        }


def _no(status: int, why: str) -> Reply:
    answer = found({"error": why})
    return Reply(status, answer.body, answer.headers)


def _fields(body: bytes, content_type: str) -> dict[str, str]:
    """What a form or a JSON object asks."""
    try:
        if content_type.startswith("application/json"):
            read = json.loads(body)
            return {str(name): str(value) for name, value in dict(read).items()}
        return {name: values[0] for name, values in parse_qs(body.decode()).items()}
    except (ValueError, TypeError):
        return {}


def _basic(authorization: str) -> tuple[str, str] | None:
    kind, _, coded = authorization.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        key, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ("", "")
    return key, secret
