"""Where a district's mail goes: one model a kind, by `type`."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    field_validator,
    model_validator,
)

from rollcall.engine.mail.message import MailError, sender_address
from rollcall.transports.certificates import Certificates
from rollcall.transports.settings import Host, Lead, full_path


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    # `from` is a word of the language, hence the alias.
    sender: str = Field(
        alias="from", title="Sender", description="The sender: an address, or Name <address>."
    )

    @field_validator("sender")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        try:
            sender_address(value)
        except MailError as error:
            raise ValueError(error.sentence) from None
        return value


class SmtpSettings(_Settings):
    """Mail over an SMTP server."""

    type: Literal["smtp"] = "smtp"
    host: Host = Field(title="Server", description="Name of the mail server.")
    port: int = Field(
        587, ge=1, le=65535, title="Port", description="Its port: 587, 465 for tls, 25 in-house."
    )
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", title="Encryption", description="How the way to the server is encrypted."
    )
    user: str | None = Field(
        None, title="User", description="User name, if the server asks for a sign-in."
    )
    password: SecretStr | None = Field(None, title="Password", description="Password of that user.")
    ca_certificate: Certificates | None = Field(
        default=None,
        title="Certificate authority",
        description="The certificate of a further authority to trust: its full text (PEM).",
    )
    timeout_seconds: float = Field(
        30,
        gt=0,
        le=600,
        title="Time limit, seconds",
        description="How long to wait for any one answer of the server.",
    )

    @property
    def lead(self) -> Lead:
        """Where they lead."""
        return Lead("host", host=self.host)

    @model_validator(mode="after")
    def _sign_in_is_whole_and_encrypted(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("give both user and password, or neither")
        if self.user and self.security == "none":
            raise ValueError('a password is never sent unencrypted: set security to "starttls"')
        return self


class MailFolderSettings(_Settings):
    """Mail as files in a folder, one .eml a mail: for a trial, or for another program to send."""

    type: Literal["folder"] = "folder"
    path: str = Field(title="Folder", description="The full path of the folder.")

    @field_validator("path")
    @classmethod
    def _full_path(cls, value: str) -> str:
        return full_path(value)

    @property
    def lead(self) -> Lead:
        """Where they lead."""
        return Lead("path", folder=self.path)


#: What stands below [mail]; `type` says which kind it is.
MailSettings = Annotated[SmtpSettings | MailFolderSettings, Field(discriminator="type")]
_ADAPTER: TypeAdapter[SmtpSettings | MailFolderSettings] = TypeAdapter(MailSettings)


def mail_settings(fields: Any) -> SmtpSettings | MailFolderSettings:
    """Read the settings of a mail server; pydantic's ValidationError when they do not fit."""
    return _ADAPTER.validate_python(fields)
