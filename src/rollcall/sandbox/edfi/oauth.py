"""Tokens by client credentials: how a client signs in, and until when."""

import base64
import binascii
import json
from collections.abc import Callable
from urllib.parse import parse_qs

from rollcall.sandbox.edfi.answers import TOO_MANY_TOKENS, Refused, Reply, json_reply


class Tokens:
    """The tokens given to the one client. `lifetime`: seconds a token is valid. `most`: how many
    can be valid at once. `clock`: seconds that only grow.
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
        fields = _fields(body, content_type)
        key, secret = fields.get("client_id", ""), fields.get("client_secret", "")
        kind, _, coded = authorization.partition(" ")
        if kind.lower() == "basic":
            try:
                text = base64.b64decode(coded, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                text = ""
            key, _, secret = text.partition(":")
        if fields.get("grant_type") != "client_credentials":
            return _no(400, "unsupported_grant_type")
        if (key, secret) != (self.key, self.secret):
            return _no(401, "invalid_client")
        return json_reply(self._new())

    def is_valid(self, authorization: str, uses: int = 0) -> bool:
        """Whether the header has a good token, which this uses once; `uses`: how often it can be
        used (0: any number).
        """
        kind, _, token = authorization.partition(" ")
        until = self._until.get(token)
        if until is None or kind.lower() != "bearer":
            return False
        self._uses[token] = self._uses.get(token, 0) + 1
        if until <= self.clock() or (uses and self._uses[token] > uses):
            self._end(token)
            return False
        return True

    def expire(self) -> None:
        """No token is good any more."""
        self._until.clear()
        self._uses.clear()

    def _end(self, token: str) -> None:
        del self._until[token]
        self._uses.pop(token, None)

    def _new(self) -> dict[str, object]:
        at = self.clock()
        for token in [expired for expired, until in self._until.items() if until <= at]:
            self._end(token)
        if len(self._until) >= self.most:
            raise Refused(
                TOO_MANY_TOKENS, "Too many tokens are live for this client. Use them, or wait."
            )
        self.given += 1
        token = f"{self.given:032x}"
        self._until[token] = at + self.lifetime
        return {
            "access_token": token,
            "expires_in": int(self.lifetime),
            "token_type": "bearer",
        }


def _no(status: int, why: str) -> Reply:
    answer = json_reply({"error": why})
    return Reply(status, answer.body, answer.headers)


def _fields(body: bytes, content_type: str) -> dict[str, str]:
    """The fields of a form or a JSON object."""
    try:
        if content_type.startswith("application/json"):
            read = json.loads(body)
            return {str(name): str(value) for name, value in dict(read).items()}
        return {name: values[0] for name, values in parse_qs(body.decode()).items()}
    except (ValueError, TypeError):
        return {}
