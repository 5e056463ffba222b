"""The authorities whose certificates are trusted: this machine's, and one in the settings."""

import ssl
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

_LONGEST = 64 << 10


def certificates(text: str) -> str:
    """`text`, if it is certificates (PEM) without a private key; else ValueError."""
    if len(text) > _LONGEST:
        raise ValueError(f"at most {_LONGEST:,} characters; one authority's certificate is enough")
    if "PRIVATE KEY" in text:
        raise ValueError("give the certificate only: the private key belongs to its owner")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):
        raise ValueError(
            "give the full text of the certificate, from -----BEGIN CERTIFICATE----- on"
        ) from None
    return text


#: A setting of one or several certificates: their text.
Certificates = Annotated[
    str, AfterValidator(certificates), Field(json_schema_extra={"format": "multi-line"})
]


def trusting(further: str | None) -> ssl.SSLContext:
    """A TLS client's check of servers: by this machine's authorities and `further` ones."""
    context = ssl.create_default_context()
    if further:
        context.load_verify_locations(cadata=further)
    return context


def machine_authorities() -> bytes:
    """The certificates in this machine's bundle file, as OpenSSL knows it; b"" without one."""
    bundle = ssl.get_default_verify_paths().cafile
    return Path(bundle).read_bytes() if bundle else b""
