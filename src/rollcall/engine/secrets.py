"""Credentials at rest: sealed with a key that is kept outside the database (rollcall.keys)."""

import re
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken

from rollcall import keys
from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem

_ENV = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
_KEEPER = "the person who keeps the configuration file"

KEY_MISMATCH = Codes.add(
    "secret.key_mismatch",
    Severity.ERROR,
    "A stored password or key cannot be opened with this installation's key",
    "Put back the file `key` of ROLLCALL_HOME (or ROLLCALL_KEY) the database was used with, "
    "or apply the configuration again to store the credentials anew.",
    "whoever runs Rollcall",
)
ENV_MISSING = Codes.add(
    "config.env_missing",
    Severity.ERROR,
    "An environment variable with a secret is not set or is empty",
    "Set the variable named and apply the configuration again; nothing was changed.",
    _KEEPER,
)
PLAIN_SECRET = Codes.add(
    "config.plain_secret",
    Severity.ERROR,
    "A password or key is written in the configuration itself",
    "Put it in an environment variable and write ${env:NAME} in its place. "
    "Change the password if the file was shared.",
    _KEEPER,
)


def seal(text: str) -> str:
    """A secret as it may be stored. Sealing the same text twice gives different tokens."""
    return _fernet().encrypt(text.encode()).decode("ascii")


def unseal(token: str) -> str:
    """The secret of a token from `seal`. Problem `secret.key_mismatch` when the key differs."""
    try:
        return _fernet().decrypt(token.encode()).decode()
    except InvalidToken:
        raise Problem(KEY_MISMATCH) from None


def _fernet() -> Fernet:
    return Fernet(keys.derived("credentials"))


def resolve_env(written: str, environ: Mapping[str, str]) -> str:
    """The value of the variable that "${env:NAME}" names.

    Problem `config.env_missing` (naming the variable), or `config.plain_secret` when `written` is
    anything else; what was written is not repeated.
    """
    reference = _ENV.fullmatch(written) if isinstance(written, str) else None
    if reference is None:
        raise Problem(PLAIN_SECRET)
    value = environ.get(reference[1])
    if not value:
        raise Problem(ENV_MISSING, reference[1])
    return value
