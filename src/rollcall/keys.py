"""The installation's one key, kept outside the database; every secret derives from it."""

import base64
import contextlib
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from rollcall.home import home


def _master() -> bytes:
    """$ROLLCALL_KEY, else ROLLCALL_HOME/key, made on first use with mode 0600."""
    if from_environment := os.environ.get("ROLLCALL_KEY"):
        return from_environment.encode()
    path = home() / "key"
    # Reading must not need room on the disk, nor the right to write.
    if not path.exists():
        with contextlib.suppress(FileExistsError):
            _create(path)
    return path.read_bytes()


def _create(path: Path) -> None:
    """Write a new key so that it appears whole or not at all, and only once."""
    draft = path.with_name(f".key-{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(48))
    try:
        os.link(draft, path)
    finally:
        draft.unlink()


def replace(key: bytes) -> None:
    """Put another key in the place of ROLLCALL_HOME/key, whole or not at all."""
    draft = home() / f".key-{os.getpid()}"
    draft.touch(mode=0o600)
    draft.write_bytes(key)
    draft.replace(home() / "key")


def derived(purpose: str) -> str:
    """A key for one purpose ("django", "credentials"): 32 bytes, URL-safe base64."""
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"rollcall:" + purpose.encode())
    return base64.urlsafe_b64encode(kdf.derive(_master())).decode()
