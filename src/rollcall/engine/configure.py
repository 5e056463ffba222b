"""Carry out a declared configuration, and write the present one out again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from django.db import transaction
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError

from rollcall.core.problems import Problem
from rollcall.engine import config, secrets
from rollcall.engine.clock import Clock
from rollcall.engine.mail_settings import MailFolderSettings, MailSettings, SmtpSettings
from rollcall.engine.models import Connection, MailServer, Sync, SyncVersion
from rollcall.records.models import District
from rollcall.transports.opening import Settings
from rollcall.transports.settings import ConnectionSettings

_CONNECTION: TypeAdapter[Settings] = TypeAdapter(ConnectionSettings)
_MAIL: TypeAdapter[SmtpSettings | MailFolderSettings] = TypeAdapter(MailSettings)


#: Secrets as they are stored: field to {"env": NAME, "sealed": token}.
Sealed = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Done:
    """One thing `apply` looked at: what it is and what became of it (added, changed, same)."""

    what: str
    became: str


@transaction.atomic
def apply(
    document: Mapping[str, Any], environ: Mapping[str, str], clock: Clock, person: str
) -> list[Done]:
    """Make the database say what the document says; whole or not at all, and idempotent.

    What the document does not name stays as it is. Secrets are `${env:NAME}`, read from `environ`
    now and kept encrypted. Raises Problem (config.*), without having changed anything.
    """
    parsed = config.parse(document)
    district, done = _district(parsed.district)
    if parsed.mail is not None:
        done.append(_mail(district, parsed.mail, environ))
    for name, settings in parsed.connections.items():
        done.append(_connection(district, name, settings, environ))
    for name, sync in parsed.syncs.items():
        done.append(_sync(district, name, sync, clock, person))
    return done


def _district(wanted: config.DistrictConfig) -> tuple[District, list[Done]]:
    values = wanted.model_dump(exclude={"code"})
    before = District.objects.filter(code=wanted.code).values(*values).first()
    district, _ = District.objects.update_or_create(code=wanted.code, defaults=values)
    return district, [Done(f"district {wanted.code}", _became(before, values))]


def _became(before: object | None, after: object) -> str:
    if before is None:
        return "added"
    return "same" if before == after else "changed"


def _mail(district: District, settings: Mapping[str, Any], environ: Mapping[str, str]) -> Done:
    plain, sealed = _split("mail", _MAIL, settings, environ)
    became = _same(MailServer.objects.filter(district=district).first(), plain, sealed)
    MailServer.objects.update_or_create(
        district=district, defaults={"settings": plain, "secrets": sealed}
    )
    return Done("mail", became)


def _connection(
    district: District, name: str, settings: Mapping[str, Any], environ: Mapping[str, str]
) -> Done:
    plain, sealed = _split(f"connections.{name}", _CONNECTION, settings, environ)
    became = _same(Connection.objects.filter(district=district, name=name).first(), plain, sealed)
    Connection.objects.update_or_create(
        district=district, name=name, defaults={"settings": plain, "secrets": sealed}
    )
    return Done(f"connection {name}", became)


def _same(stored: Connection | MailServer | None, plain: object, sealed: Sealed) -> str:
    """What becomes of stored settings, their secrets' values included."""
    before = (stored.settings, _values(stored.secrets)) if stored else None
    return _became(before, (plain, _values(sealed)))


def _values(sealed: Sealed) -> dict[str, tuple[str, str]]:
    return {field: (one["env"], secrets.unseal(one["sealed"])) for field, one in sealed.items()}


def _split(
    place: str, adapter: TypeAdapter[Any], settings: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings without their secrets, and the secrets sealed; both checked."""
    opened = dict(settings)
    sealed = {}
    for field in _secret_fields(adapter) & set(settings):
        opened[field] = secrets.resolve_env(settings[field], environ)
        name = settings[field].removeprefix("${env:").removesuffix("}")
        sealed[field] = {"env": name, "sealed": secrets.seal(opened[field])}
    try:
        adapter.validate_python(opened)
    except ValidationError as error:
        raise Problem(config.CONFIG_INVALID, config.mistakes(error, place)) from None
    return {field: settings[field] for field in settings if field not in sealed}, sealed


def _secret_fields(adapter: TypeAdapter[Any]) -> set[str]:
    """The fields of any model of a union whose type is a secret."""
    models = [model for model in _models(adapter._type) if issubclass(model, BaseModel)]
    return {
        name
        for model in models
        for name, field in model.model_fields.items()
        if SecretStr in (field.annotation, *get_args(field.annotation))
    }


def _models(annotation: Any) -> list[type]:
    if isinstance(annotation, type):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _sync(
    district: District, name: str, wanted: config.SyncConfig, clock: Clock, person: str
) -> Done:
    connection = (
        Connection.objects.get(district=district, name=wanted.connection)
        if wanted.connection
        else None
    )
    sync, added = Sync.objects.get_or_create(
        district=district,
        name=name,
        defaults={"integration": wanted.integration, "schedule_seen": clock.now()},
    )
    if sync.integration != wanted.integration:
        place = f"syncs.{name}.integration"
        raise Problem(config.CONFIG_INVALID, f"{place}: it stays what it is; declare another sync")
    sync.connection = connection
    sync.save(update_fields=["connection"])
    body = wanted.model_dump(mode="json", exclude_unset=True)
    became = save_version(sync, body, clock, person)
    return Done(f"sync {name}", "added" if added else became)


def save_version(sync: Sync, body: Mapping[str, Any], clock: Clock, person: str) -> str:
    """Save a sync's configuration as its next version, unless it says the same as the last."""
    last = sync.versions.order_by("-number").first()
    if last is not None and last.config == body:
        return "same"
    if last is None or last.config.get("schedule") != body.get("schedule"):
        Sync.objects.filter(pk=sync.pk).update(schedule_seen=clock.now())
    SyncVersion.objects.create(
        sync=sync,
        number=last.number + 1 if last else 1,
        config=dict(body),
        saved_at=clock.now(),
        saved_by=person,
    )
    return "changed" if last else "added"


def export(district: District) -> dict[str, Any]:
    """The present configuration as a document `apply` takes; secrets as `${env:NAME}`."""
    document: dict[str, Any] = {
        "district": {
            field: getattr(district, field)
            for field in ("code", "name", "state", "timezone", "school_year")
        }
    }
    mail = MailServer.objects.filter(district=district).first()
    if mail is not None:
        document["mail"] = _declared(mail)
    document["connections"] = {
        connection.name: _declared(connection)
        for connection in Connection.objects.filter(district=district).order_by("name")
    }
    document["syncs"] = {
        sync.name: _declared_sync(sync)
        for sync in Sync.objects.filter(district=district).order_by("name")
    }
    return document


def _declared(stored: Connection | MailServer) -> dict[str, Any]:
    names = {field: f"${{env:{secret['env']}}}" for field, secret in stored.secrets.items()}
    return {**stored.settings, **names}


def _declared_sync(sync: Sync) -> dict[str, Any]:
    return {"integration": sync.integration, **sync.version.config}


def connection_settings(connection: Connection) -> Settings:
    """A connection's settings with its secrets opened; Problem when the key does not fit."""
    return _CONNECTION.validate_python(_opened(connection))


def mail_settings(district: District) -> SmtpSettings | MailFolderSettings | None:
    """A district's mail settings with their secrets opened; None when it has no mail server."""
    stored = MailServer.objects.filter(district=district).first()
    return _MAIL.validate_python(_opened(stored)) if stored else None


def _opened(stored: Connection | MailServer) -> dict[str, Any]:
    secret = {field: secrets.unseal(value["sealed"]) for field, value in stored.secrets.items()}
    return {**stored.settings, **secret}
