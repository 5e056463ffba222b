"""Carry out a declared configuration, and write the present one out again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from django.db import transaction
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError

from rollcall.core.problems import Problem
from rollcall.core.settings.schedule import seen_at
from rollcall.core.settings.setting_fields import places
from rollcall.engine import registry, secrets
from rollcall.engine.clock import Clock
from rollcall.engine.connections.reach import out_of_reach
from rollcall.engine.models import Connection, MailServer, RetentionPolicy, Sync, SyncVersion
from rollcall.engine.settings import config, retention
from rollcall.engine.settings.mail_settings import MailFolderSettings, MailSettings, SmtpSettings
from rollcall.records.models import District
from rollcall.transports.kinds import CONNECTION, holds_files
from rollcall.transports.settings import Settings

_MAIL: TypeAdapter[SmtpSettings | MailFolderSettings] = TypeAdapter(MailSettings)


#: What is wrong with a connection that `fits` says no of.
NO_FIT = "what is sent needs a connection to an API, what is read one to files"

#: Secrets as they are stored: field to {"env": NAME, "sealed": token}.
Sealed = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Done:
    """One thing `apply` looked at: what it is, and whether it was added, changed or the same."""

    what: str
    became: str


@transaction.atomic
def apply(
    document: Mapping[str, Any], environ: Mapping[str, str], clock: Clock, person: str
) -> list[Done]:
    """Make the database say what the document says; all of it or nothing, and idempotent.

    What the document does not name stays as it is. Secrets are `${env:NAME}`, read from `environ`
    now and kept encrypted. Raises Problem (config.*), without having changed anything.
    """
    parsed = config.parse(document)
    values = parsed.district.model_dump(exclude={"code"})
    code = parsed.district.code
    before = District.objects.filter(code=code).values(*values).first()
    district, _ = District.objects.update_or_create(code=code, defaults=values)
    done = [Done(f"district {code}", became(before, values))]
    if parsed.mail is not None:
        done.append(mail_from_document(district, parsed.mail, environ, clock, person))
    if parsed.retention is not None:
        keeping = parsed.retention.model_dump(exclude_unset=True)
        done.append(Done("retention", retention.save(district, keeping, clock, person)))
    for name, settings in parsed.connections.items():
        opened, names = _from_environment(CONNECTION, settings, environ)
        done.append(save_connection(district, name, opened, names, clock, person))
    for name, sync in parsed.syncs.items():
        done.append(save_sync(district, name, sync, clock, person))
    return done


def became(before: object | None, after: object) -> str:
    """How something changed that was `before` (None: not there): added, changed, same."""
    if before is None:
        return "added"
    return "same" if before == after else "changed"


def mail_from_document(
    district: District | None,
    settings: Mapping[str, Any],
    environ: Mapping[str, str],
    clock: Clock,
    person: str,
) -> Done:
    """Store a mail server as a document has it, secrets as `${env:NAME}`; None: for account mail.

    Raises config.Mistakes, and Problem for a secret that is not there.
    """
    opened, names = _from_environment(_MAIL, settings, environ)
    return save_mail(district, opened, names, clock, person)


def save_mail(
    district: District | None,
    opened: Mapping[str, Any],
    names: Mapping[str, str],
    clock: Clock,
    person: str,
) -> Done:
    """Store a mail server, its secrets sealed; `opened` and `names` as `_store` has."""
    stored = MailServer.objects.filter(district=district).first()
    stored = stored or MailServer(district=district)
    return Done("mail", _store(stored, "mail", opened, names, clock, person))


def save_connection(
    district: District,
    name: str,
    opened: Mapping[str, Any],
    names: Mapping[str, str],
    clock: Clock,
    person: str,
) -> Done:
    """Store a connection, its secrets sealed; `opened` and `names` as `_store` has them."""
    stored = Connection.objects.filter(district=district, name=name).first()
    stored = stored or Connection(district=district, name=name)
    became = _store(stored, f"connections.{name}", opened, names, clock, person)
    return Done(f"connection {name}", became)


def _store(
    stored: Connection | MailServer,
    place: str,
    opened: Mapping[str, Any],
    names: Mapping[str, str],
    clock: Clock,
    person: str,
) -> str:
    """Check and store settings; whether they were added, changed or the same.

    `opened`: settings with their secrets as they are; `names`: of each secret the environment
    variable it is exported as. Raises config.Mistakes.
    """
    adapter = CONNECTION if isinstance(stored, Connection) else _MAIL
    try:
        settings = adapter.validate_python(opened)
    except ValidationError as error:
        raise config.Mistakes(places(error, place)) from None
    check_reach(settings, stored.district, f"{place}.{opened['type']}.")
    plain = {field: value for field, value in opened.items() if field not in names}
    values = {field: (name, opened[field]) for field, name in names.items()}
    before = None if stored.pk is None else (stored.settings, _values(stored.secrets))
    outcome = became(before, (plain, values))
    if outcome != "same":
        stored.settings = plain
        stored.secrets = {
            field: {"env": name, "sealed": secrets.seal(value)}
            for field, (name, value) in values.items()
        }
        stored.saved_at, stored.saved_by = clock.now(), person
        stored.save()
    return outcome


def check_reach(
    settings: Settings | SmtpSettings | MailFolderSettings, district: District | None, place: str
) -> None:
    """Raise config.Mistakes for what the district cannot reach; without a district for nothing. The
    fields' names follow `place`.
    """
    if district is not None and (wrong := out_of_reach(settings, district)):
        raise config.Mistakes({f"{place}{field}": what for field, what in wrong.items()})


def _values(sealed: Sealed) -> dict[str, tuple[str, str]] | None:
    """Secrets with the names they are exported as; None when they cannot be opened any more."""
    try:
        return {
            field: (secret["env"], secrets.unseal(secret["sealed"]))
            for field, secret in sealed.items()
        }
    except Problem:
        return None


def _from_environment(
    adapter: TypeAdapter[Any], settings: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Settings with the secrets they name taken from the environment, and the names."""
    opened, names = dict(settings), {}
    for field in _secret_fields(adapter, settings) & set(settings):
        opened[field] = secrets.resolve_env(settings[field], environ)
        names[field] = settings[field].removeprefix("${env:").removesuffix("}")
    return opened, names


def _secret_fields(adapter: TypeAdapter[Any], settings: Mapping[str, Any]) -> set[str]:
    """The fields whose type is a secret, of the union's model that the settings name by `type`; of
    all its models where they name none.
    """
    models = [model for model in _models(adapter._type) if issubclass(model, BaseModel)]
    kind = settings.get("type")
    matching = [model for model in models if model.model_fields["type"].default == kind]
    return {
        name
        for model in matching or models
        for name, field in model.model_fields.items()
        if SecretStr in (field.annotation, *get_args(field.annotation))
    }


def _models(annotation: Any) -> list[type]:
    if isinstance(annotation, type):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def save_sync(
    district: District, name: str, sync_config: config.SyncConfig, clock: Clock, person: str
) -> Done:
    """Store a sync as configured, as a new version unless it says the same; adds it when new.

    `sync_config` has been checked, its connection is there. Raises config.Mistakes for another
    kind, and for a connection to files where an API is needed, or the other way round.
    """
    connection = (
        Connection.objects.get(district=district, name=sync_config.connection)
        if sync_config.connection
        else None
    )
    if connection is not None and not fits(connection, sync_config.integration):
        raise config.Mistakes({f"syncs.{name}.connection": NO_FIT})
    sync, added = Sync.objects.get_or_create(
        district=district,
        name=name,
        defaults={"integration": sync_config.integration, "schedule_seen": clock.now()},
    )
    if sync.integration != sync_config.integration:
        place = f"syncs.{name}.integration"
        raise config.Mistakes({place: "it stays what it is; declare another sync"})
    sync.connection = connection
    sync.save(update_fields=["connection"])
    body = sync_config.model_dump(mode="json", exclude_unset=True)
    became = save_version(sync, body, clock, person)
    return Done(f"sync {name}", "added" if added else became)


def fits(connection: Connection, integration: str) -> bool:
    """Whether a connection is what an integration needs: an API, or files to read."""
    return (
        holds_files(connection.settings.get("type", ""))
        is not registry.integration(integration).calls_an_api
    )


def save_version(sync: Sync, body: Mapping[str, Any], clock: Clock, person: str) -> str:
    """Save a sync's configuration as its next version, unless the last says the same."""
    last = sync.versions.order_by("-number").first()
    if last is not None and last.config == body:
        return "same"
    if last is None or last.config.get("schedule") != body.get("schedule"):
        looked_at = Sync.objects.values_list("schedule_seen", flat=True).get(pk=sync.pk)
        seen = seen_at(looked_at, clock.now())
        Sync.objects.filter(pk=sync.pk).update(schedule_seen=seen)
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
        document["mail"] = declared(mail)
    retention_policy = RetentionPolicy.objects.filter(district=district).first()
    if retention_policy is not None and retention_policy.settings:
        document["retention"] = retention_policy.settings
    document["connections"] = {
        connection.name: declared(connection)
        for connection in Connection.objects.filter(district=district).order_by("name")
    }
    document["syncs"] = {
        sync.name: {"integration": sync.integration, **sync.version.config}
        for sync in Sync.objects.filter(district=district).order_by("name")
    }
    return document


def declared(stored: Connection | MailServer) -> dict[str, Any]:
    """Settings as a document has them, secrets as `${env:NAME}`."""
    names = {field: f"${{env:{secret['env']}}}" for field, secret in stored.secrets.items()}
    return {**stored.settings, **names}


def connection_settings(connection: Connection) -> Settings:
    """A connection's settings with its secrets opened; Problem when the key does not fit."""
    return CONNECTION.validate_python(_opened(connection))


def mail_settings(district: District | None) -> SmtpSettings | MailFolderSettings | None:
    """A district's mail settings with their secrets opened; None when it has no mail server. Of no
    district: those for account mail.
    """
    stored = MailServer.objects.filter(district=district).first()
    return _MAIL.validate_python(_opened(stored)) if stored else None


def _opened(stored: Connection | MailServer) -> dict[str, Any]:
    secret = {field: secrets.unseal(value["sealed"]) for field, value in stored.secrets.items()}
    return {**stored.settings, **secret}
