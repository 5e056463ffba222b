"""The host key in the settings: what an SSH server must show before a password is sent to it."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

#: Algorithms accepted from a server, by family of key; RSA only with SHA-2.
FAMILIES: dict[str, tuple[str, ...]] = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa": ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?")
_HINT = (
    'give the server\'s public host key ("ssh-ed25519 AAAA...") or its SHA-256 fingerprint '
    '("SHA256:...")'
)


@dataclass(frozen=True)
class HostKey:
    """An expected host key: its SHA-256 fingerprint, and its family if the setting has it."""

    fingerprint: str
    family: str | None = None

    def attempts(self) -> list[tuple[str, ...]]:
        """The lists of algorithms to offer a server, one connection each, until one fits.

        A server has a key of each kind and shows the first that the client accepts: with a key
        line we ask for that kind first; with only a fingerprint, for each kind in turn.
        """
        all_names = tuple(name for family in FAMILIES.values() for name in family)
        if self.family:
            first = FAMILIES[self.family]
            return [first + tuple(name for name in all_names if name not in first)]
        return [all_names, *FAMILIES.values()]


def host_key(text: str) -> HostKey:
    """Read a setting: an OpenSSH public key line (a leading host name is allowed, as in
    known_hosts) or a SHA256 fingerprint. ValueError with a plain text if it is neither.
    """
    if fingerprint := _FINGERPRINT.search(text):
        return HostKey(fingerprint.group().rstrip("="))
    parts = text.split()
    at = next(
        (place for place, part in enumerate(parts) if place and part.startswith("AAAA")), None
    )
    if at is None:
        raise ValueError(_HINT)
    algorithm, blob = parts[at - 1], parts[at]
    try:
        raw = base64.b64decode(blob, validate=True)
    except binascii.Error:
        raise ValueError(f"the host key is cut off or mistyped: {_HINT}") from None
    family = "ecdsa" if algorithm.startswith("ecdsa-") else algorithm
    if family not in FAMILIES:
        raise ValueError(f"host keys of type {algorithm} are not accepted")
    digest = base64.b64encode(hashlib.sha256(raw).digest()).decode()
    return HostKey("SHA256:" + digest.rstrip("="), family)
