"""The settings of a connection: one model for each kind, which `type` names."""

import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from rollcall.transports.certificates import Certificates
from rollcall.transports.host_keys import host_key

_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+")

#: The longest host name (RFC 1035, 2.3.4) and address. With a long text that is not a host, the
#: pattern would block the process.
_LONGEST_HOST, _LONGEST_ADDRESS = 255, 2000


def _is_host(value: str) -> bool:
    return len(value) <= _LONGEST_HOST and _HOST.fullmatch(value) is not None


def _plain_host(value: str) -> str:
    if not _is_host(value):
        raise ValueError("give the server's name or address only, without a path or port")
    return value


def full_path(value: str) -> str:
    """`value`, if it is a path from the root of this machine's disk; else ValueError."""
    if not Path(value).is_absolute() or not value.isprintable():
        raise ValueError("give the full path, from the root of the disk")
    return value


#: A setting of a server's name or IP address.
Host = Annotated[str, AfterValidator(_plain_host)]
_Timeout = Annotated[
    float,
    Field(
        gt=0,
        le=600,
        title="Time limit, seconds",
        description="How long to wait for any one answer of the server.",
    ),
]


class Lead(NamedTuple):
    """Where settings lead, and which of their fields says so: to a folder of this machine or to a
    host.
    """

    field: str
    folder: str = ""
    host: str = ""


class Settings(BaseModel, ABC):
    """The settings in [connections.NAME]; `type` names their kind (transports.kinds)."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @property
    @abstractmethod
    def lead(self) -> Lead:
        """Where they lead."""

    def waiting_at_most(self, seconds: float) -> Self:
        """The same, for somebody who waits no longer for any one answer of a server."""
        limit: float | None = getattr(self, "timeout_seconds", None)
        shorter = {} if limit is None else {"timeout_seconds": min(limit, seconds)}
        return self.model_copy(update=shorter)


class _FileServerSettings(Settings):
    host: Host = Field(title="Server", description="Name or IP address of the file server.")
    timeout_seconds: _Timeout = 30

    @property
    def lead(self) -> Lead:
        """Where they lead."""
        return Lead("host", host=self.host)


class FolderSettings(Settings):
    """Files in a folder of this machine, or in a share that is mounted on it."""

    type: Literal["folder"] = "folder"
    path: str = Field(title="Folder", description="The full path of the folder with the files.")

    @field_validator("path")
    @classmethod
    def _full_path(cls, value: str) -> str:
        if value.startswith("\\\\"):
            raise ValueError('for a path on a server use type = "smb"')
        return full_path(value)

    @property
    def lead(self) -> Lead:
        """Where they lead."""
        return Lead("path", folder=self.path)


class SftpSettings(_FileServerSettings):
    """Files on an SFTP server (secure FTP, over SSH)."""

    type: Literal["sftp"] = "sftp"
    port: int = Field(22, ge=1, le=65535, title="Port", description="Port of the SFTP server.")
    user: str = Field(min_length=1, title="User", description="User name on the server.")
    password: SecretStr | None = Field(
        None, title="Password", description="Password, if the server asks for one."
    )
    key: SecretStr | None = Field(
        None,
        title="Private key",
        description="The full text of a private key, to sign in with a key.",
    )
    passphrase: SecretStr | None = Field(
        None, title="Passphrase", description="The private key's passphrase."
    )
    directory: str = Field(
        ".",
        min_length=1,
        title="Folder",
        description="Folder on the server; if it is empty, the account's first folder.",
    )
    host_key: str | None = Field(
        None,
        title="Host key",
        description="The server's public host key or its SHA256 fingerprint, from its owner. "
        "Without it nothing is sent to the server.",
    )

    @field_validator("host_key")
    @classmethod
    def _host_key_reads(cls, value: str | None) -> str | None:
        if value is not None:
            host_key(value)
        return value

    @model_validator(mode="after")
    def _some_sign_in(self) -> Self:
        if self.password is None and self.key is None:
            raise ValueError("give a password or a key")
        return self


class SmbSettings(_FileServerSettings):
    """Files in a shared folder of a Windows server, Samba or a storage device."""

    type: Literal["smb"] = "smb"
    port: int = Field(445, ge=1, le=65535, title="Port", description="Port of the file server.")
    domain: str = Field(
        "", title="Domain", description="Windows domain of the user, if there is one."
    )
    user: str = Field(
        min_length=1, title="User", description="User name on the server or in the domain."
    )
    password: SecretStr = Field(title="Password", description="Password of that user.")
    directory: str = Field(
        title="Share and folder",
        description="Share and folder: share/folder, or as Windows writes it: "
        "\\\\server\\share\\folder.",
    )
    require_encryption: bool = Field(
        True,
        title="Require encryption",
        description="Refuse a server that cannot encrypt the connection (SMB 3).",
    )
    require_signing: bool = Field(
        True,
        title="Require signing",
        description="Refuse a server that cannot prove its answers were not altered.",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_unc(cls, fields: Any) -> Any:
        """Take the host out of a directory in the form of Windows."""
        if not isinstance(fields, dict) or not isinstance(fields.get("directory"), str):
            return fields
        path = fields["directory"].strip().replace("\\", "/")
        if not path.startswith("//"):
            return {**fields, "directory": path.strip("/")}
        server, _, remainder = path.lstrip("/").partition("/")
        if fields.get("host", server).lower() != server.lower():
            raise ValueError(f"directory has the server {server}, host has another")
        return {**fields, "host": server, "directory": remainder.strip("/")}

    @field_validator("directory")
    @classmethod
    def _names_a_share(cls, value: str) -> str:
        parts = value.split("/")
        if not all(parts) or ".." in parts or any(char in value for char in ':*?"<>|'):
            raise ValueError("give the share, then the folder in it: share/folder")
        return value

    @property
    def account(self) -> str:
        """The user as the server expects it: DOMAIN\\user, or the user alone."""
        return f"{self.domain}\\{self.user}" if self.domain else self.user


class HttpSettings(Settings):
    """An API over HTTPS, such as a state's Ed-Fi API, with a key and a secret."""

    type: Literal["http"] = "http"
    url: str = Field(
        title="Address",
        description="The API's base address, as its owner gives it: https://api.example.org/edfi.",
    )
    key: str = Field(min_length=1, title="Key", description="The key (client ID) of the API.")
    secret: SecretStr = Field(title="Secret", description="The secret that belongs to the key.")
    ca_certificate: Certificates | None = Field(
        default=None,
        title="Certificate authority",
        description="The certificate of a further authority to trust: its full text (PEM).",
    )
    timeout_seconds: _Timeout = 30

    @field_validator("url")
    @classmethod
    def _safe_address(cls, value: str) -> str:
        address = _address(value)
        if address.username is not None or address.query or address.fragment:
            raise ValueError("give the address only, without a user, question mark or #")
        loopback = address.hostname in ("localhost", "127.0.0.1", "::1")
        if address.scheme != "https" and not loopback:
            raise ValueError(
                "the address must begin with https://, so that the connection is private"
            )
        return value.rstrip("/")

    @field_validator("key")
    @classmethod
    def _printable_key(cls, value: str) -> str:
        if not value.isprintable() or ":" in value:
            raise ValueError("a key has no colon and no line break")
        return value

    @property
    def lead(self) -> Lead:
        """Where they lead."""
        return Lead("url", host=self.place[0])

    @property
    def encrypted(self) -> bool:
        """Whether the connection uses TLS."""
        return self.url.startswith("https:")

    @property
    def place(self) -> tuple[str, int]:
        """Host and port."""
        address = _address(self.url)
        return str(address.hostname), address.port or (443 if address.scheme == "https" else 80)


def _address(url: str) -> SplitResult:
    """An address in its parts; ValueError if it cannot be used."""
    if not url.isascii() or any(char.isspace() or not char.isprintable() for char in url):
        raise ValueError("write the address in plain letters, without blanks")
    if len(url) > _LONGEST_ADDRESS:
        raise ValueError(f"an address has at most {_LONGEST_ADDRESS:,} letters")
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not _is_host(address.hostname or ""):
        raise ValueError("give the full address: https://host/path")
    if address.port == 0:
        raise ValueError("a port is between 1 and 65535")
    return address
