"""Connections and the mail server for forms: fields, saving with secrets never shown again."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.core.settings.sent_settings import laid_over
from rollcall.core.settings.setting_fields import Kind, SettingField, fields_of, lines, places
from rollcall.engine import secrets
from rollcall.engine.clock import Clock
from rollcall.engine.models import Connection, MailServer, Sync
from rollcall.engine.settings import configure
from rollcall.engine.settings.config import NAME, Mistakes
from rollcall.engine.settings.mail_settings import MailFolderSettings, SmtpSettings, mail_settings
from rollcall.records.models import District
from rollcall.transports.kinds import KINDS

#: The kinds of connection and of mail server, by `type`.
CONNECTIONS: Mapping[str, type[BaseModel]] = {name: kind.settings for name, kind in KINDS.items()}
MAIL: Mapping[str, type[BaseModel]] = {"smtp": SmtpSettings, "folder": MailFolderSettings}

#: A secret is kept only for the server it was given for: who can edit a connection must not be able
#: to have a password they cannot see sent to a server of their own.
_TRUST = ("url", "host", "port", "directory", "host_key", "ca_certificate", "security")

IN_USE = Codes.add(
    "connection.in_use",
    Severity.ERROR,
    "Syncs use this connection, so it cannot be deleted",
    "Give those syncs another connection first.",
    "the district's data manager",
)


@dataclass(frozen=True)
class PartnerForm:
    """The fields of one kind of connection or mail server, with what is set."""

    kind: str
    about: str
    fields: list[SettingField]


def form(
    kinds: Mapping[str, type[BaseModel]], kind: str, stored: Connection | MailServer | None
) -> PartnerForm:
    """The fields of a kind. Of a secret only whether it is set; another kind starts empty."""
    same = stored is not None and stored.settings.get("type") == kind
    values = {**stored.settings, **dict.fromkeys(stored.secrets)} if stored and same else {}
    about = " ".join((kinds[kind].__doc__ or "").split())
    return PartnerForm(kind, about, fields_of(kinds[kind], values))


def create_connection(
    district: District, name: str, kind: str, sent: Mapping[str, Any], clock: Clock, person: str
) -> Connection:
    """A new connection from what a form sent. Raises Mistakes, places as the fields' names."""
    if not NAME.fullmatch(name):
        raise Mistakes({"name": "use letters, digits, - and _, at most 50 of them"})
    if Connection.objects.filter(district=district, name=name).exists():
        raise Mistakes({"name": "there is a connection of that name"})
    empty = Connection(district=district, name=name, settings={})
    return save_connection(empty, kind, sent, clock, person)


def save_connection(
    connection: Connection, kind: str, sent: Mapping[str, Any], clock: Clock, person: str
) -> Connection:
    """Save a connection from what a form sent. A secret left empty is kept; None removes it.

    Raises Mistakes, places as the fields' names.
    """
    district, name = connection.district, connection.name
    opened, names = opened_from_form(CONNECTIONS, kind, sent, connection, name)
    with _own_places(f"connections.{name}", kind):
        configure.save_connection(district, name, opened, names, clock, person)
    return Connection.objects.get(district=district, name=name)


def save_mail(
    district: District, kind: str, sent: Mapping[str, Any], clock: Clock, person: str
) -> None:
    """Save where a district's mail goes, from what a form sent; as `save_connection`."""
    stored = MailServer.objects.filter(district=district).first()
    opened, names = opened_from_form(MAIL, kind, sent, stored, "mail")
    with _own_places("mail", kind):
        configure.save_mail(district, opened, names, clock, person)


def connection_draft(
    connection: Connection, kind: str, sent: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """A connection as its form has it, checked and not saved: (settings, its secrets apart).

    Raises Mistakes.
    """
    opened, names = opened_from_form(CONNECTIONS, kind, sent, connection, connection.name)
    _check(CONNECTIONS[kind], opened, connection.district)
    plain = {field: value for field, value in opened.items() if field not in names}
    return plain, {field: opened[field] for field in names}


def mail_draft(district: District, sent: Mapping[str, Any]) -> SmtpSettings | MailFolderSettings:
    """A mail server as its form has it, `type` included, checked and not saved; or Mistakes."""
    stored = MailServer.objects.filter(district=district).first()
    kind = str(sent.get("type", ""))
    opened, _ = opened_from_form(MAIL, kind, sent, stored, "mail")
    _check(MAIL[kind], opened, district)
    return mail_settings(opened)


def _check(model: type[BaseModel], opened: Mapping[str, Any], district: District) -> None:
    try:
        settings: Any = model.model_validate(opened)
    except ValidationError as error:
        raise Mistakes(places(error)) from None
    configure.check_reach(settings, district, "")


def opened_from_form(
    kinds: Mapping[str, type[BaseModel]],
    kind: str,
    sent: Mapping[str, Any],
    stored: Connection | MailServer | None,
    name: str,
) -> tuple[dict[str, Any], dict[str, str]]:
    """(settings with their secrets, the secrets' names in an exported file) from a sent form.

    Mistakes when a secret is to be kept though the server it was given for is another one now.
    """
    if kind not in kinds:
        raise Mistakes({"type": f"there are {', '.join(kinds)}"})
    fields = form(kinds, kind, stored).fields
    same = stored is not None and stored.settings.get("type") == kind
    values = {"type": kind, **laid_over(stored.settings if stored and same else {}, fields, sent)}
    hidden = [field.name for field in fields if field.kind is Kind.SECRET]
    kept_secrets = {
        field: stored.secrets[field]
        for field in hidden
        if stored is not None and field in stored.secrets and sent.get(field, "") == ""
    }
    if kept_secrets and (moved := _moved(fields, values)):
        raise Mistakes(
            dict.fromkeys(kept_secrets, f"enter it again: {', '.join(moved)} was changed")
        )
    opened = {
        **values,
        **{field: secrets.unseal(secret["sealed"]) for field, secret in kept_secrets.items()},
    }
    # The environment variable a secret is exported as: SEIS_PASSWORD.
    names = {
        field: re.sub(r"\W", "_", f"{name}_{field}").upper() for field in hidden if field in opened
    }
    return opened, {**names, **{field: secret["env"] for field, secret in kept_secrets.items()}}


def _moved(fields: list[SettingField], values: Mapping[str, Any]) -> list[str]:
    """The titles of those fields that say which server it is and are no longer what they were."""
    return [
        field.title
        for field in fields
        if field.name in _TRUST
        and _server(field, field.value) != _server(field, values.get(field.name, field.default))
    ]


def _server(field: SettingField, value: Any) -> Any:
    """What a field says of the server: of a folder only the server in a share that is written as
    Windows does it.
    """
    if field.name != "directory":
        return lines(value)
    path = str(value).strip().replace("\\", "/")
    return path.lstrip("/").partition("/")[0].lower() if path.startswith("//") else None


@contextmanager
def _own_places(place: str, kind: str) -> Iterator[None]:
    """Name the places of mistakes by the field alone; "" is the form itself."""
    try:
        yield
    except Mistakes as mistakes:
        own = {at.removeprefix(place).strip("."): what for at, what in mistakes.places.items()}
        raise Mistakes({at.removeprefix(kind).strip("."): w for at, w in own.items()}) from None


def delete_connection(connection: Connection) -> None:
    """Remove a connection no sync uses. Problem connection.in_use names those that do."""
    users = Sync.objects.filter(connection=connection).order_by("name")
    if names := list(users.values_list("name", flat=True)):
        raise Problem(IN_USE, ", ".join(names))
    connection.delete()
