"""A declared configuration: whole or not at all, idempotent, and secrets never shown again."""

import tomllib
from typing import Any

import pytest
import tomlkit
from tests.town import Town

from rollcall.core.problems import Problem
from rollcall.engine.models import Connection, Sync
from rollcall.engine.settings import configure
from rollcall.engine.settings.configure import Done
from rollcall.transports.settings import HttpSettings, SftpSettings

SFTP = {
    "type": "sftp",
    "host": "files.example.org",
    "user": "rollcall",
    "password": "${env:SEIS_PASSWORD}",
    "directory": "/outgoing",
}


def apply(
    town: Town, document: dict[str, Any], environ: dict[str, str] | None = None
) -> list[Done]:
    return configure.apply(document, environ or {}, town.clock, "tester")


def with_sftp(town: Town) -> dict[str, Any]:
    document = town.document()
    document["connections"]["seis"] = dict(SFTP)
    return document


def password(stored: Connection) -> str:
    opened = configure.connection_settings(stored)
    assert isinstance(opened, SftpSettings)
    assert opened.password is not None
    return opened.password.get_secret_value()


API = {
    "type": "http",
    "url": "https://api.example.org",
    "key": "k-2026",
    "secret": "${env:STATE_SECRET}",
}


def test_what_reads_files_is_given_no_api_to_read_them_from(town: Town) -> None:
    document = town.document()
    document["connections"]["seis"] = dict(API)
    with pytest.raises(Problem, match="what is read one to files"):
        apply(town, document, {"STATE_SECRET": "hunter2"})
    assert Connection.objects.get(district=town.district).settings["type"] == "folder"


def test_of_an_apis_key_and_secret_only_the_secret_is_one(town: Town) -> None:
    document = town.document()
    document["connections"]["state"] = dict(API)
    apply(town, document, {"STATE_SECRET": "hunter2"})
    stored = Connection.objects.get(district=town.district, name="state")
    assert stored.settings["key"] == "k-2026"
    assert set(stored.secrets) == {"secret"}
    opened = configure.connection_settings(stored)
    assert isinstance(opened, HttpSettings)
    assert opened.secret.get_secret_value() == "hunter2"
    exported = configure.export(town.district)["connections"]["state"]
    assert exported == document["connections"]["state"]


def test_applying_it_again_changes_nothing(town: Town) -> None:
    before = town.sync.versions.count()
    assert {done.became for done in town.apply()} == {"same"}
    assert town.sync.versions.count() == before


def test_a_change_is_a_new_version_with_who_and_when(town: Town) -> None:
    town.apply(recipients=["a@example.org", "b@example.org"])
    version = town.sync.version
    assert (version.number, version.saved_by, version.saved_at) == (2, "tester", town.clock.now())


def test_recipients_may_be_comma_separated(town: Town) -> None:
    town.apply(recipients="a@example.org, b@example.org")
    assert town.sync.version.config["recipients"] == ["a@example.org", "b@example.org"]


def test_a_secret_is_kept_sealed_and_exported_as_its_name(town: Town) -> None:
    apply(town, with_sftp(town), {"SEIS_PASSWORD": "hunter2"})
    stored = Connection.objects.get(district=town.district)
    assert "hunter2" not in str(stored.settings) + str(stored.secrets)
    exported = configure.export(town.district)
    assert exported["connections"]["seis"]["password"] == "${env:SEIS_PASSWORD}"
    assert password(stored) == "hunter2"


def test_a_new_value_of_a_secret_is_taken(town: Town) -> None:
    for value in ("old", "new"):
        apply(town, with_sftp(town), {"SEIS_PASSWORD": value})
    assert password(Connection.objects.get(district=town.district)) == "new"


def test_an_unset_secret_changes_nothing(town: Town) -> None:
    with pytest.raises(Problem, match="SEIS_PASSWORD"):
        apply(town, with_sftp(town))
    assert Connection.objects.get(district=town.district).settings["type"] == "folder"


def test_a_secret_in_plain_is_refused(town: Town) -> None:
    document = with_sftp(town)
    document["connections"]["seis"]["password"] = "hunter2"
    with pytest.raises(Problem) as refused:
        apply(town, document)
    assert "hunter2" not in str(refused.value)


def test_what_is_exported_can_be_applied(town: Town) -> None:
    town.apply(schedule={"days": ["mon"], "at": ["18:30"], "enabled": True})
    text = tomlkit.dumps(configure.export(town.district))
    assert {done.became for done in apply(town, tomllib.loads(text))} == {"same"}


@pytest.mark.parametrize(
    ("place", "broken"),
    [
        ("syncs.casemis.settings.students_fil", {"settings": {"students_fil": "A.csv"}}),
        ("syncs.casemis.integration", {"integration": "casemiss"}),
        ("syncs.casemis.schedule", {"schedule": {"days": ["mun"], "at": ["18:30"]}}),
        ("syncs.casemis.connection", {"connection": "nowhere"}),
        ("syncs.casemis.recipients", {"recipients": ["not an address"]}),
        ("syncs.casemis.guards", {"guards": {"remove": {"percent": -1}}}),
    ],
)
def test_a_mistake_names_its_place_and_changes_nothing(
    town: Town, place: str, broken: dict[str, Any]
) -> None:
    versions = town.sync.versions.count()
    with pytest.raises(Problem, match=place.replace(".", r"\.")):
        town.apply(**broken)
    assert Sync.objects.get(pk=town.sync.pk).versions.count() == versions


@pytest.mark.parametrize("name", ["a/b", "..", ""])
def test_a_name_that_can_be_no_part_of_an_address_is_refused(name: str, town: Town) -> None:
    document = town.document()
    document["syncs"][name] = document["syncs"]["casemis"]
    with pytest.raises(Problem, match="a name is part of an address"):
        apply(town, document)


def test_every_mistake_is_named(town: Town) -> None:
    with pytest.raises(Problem) as refused:
        town.apply(connection="nowhere", settings={"students_fil": "A.csv", "header": "perhaps"})
    for place in ("connection", "settings.students_fil", "settings.header"):
        assert f"syncs.casemis.{place}: " in str(refused.value)


def test_another_connection_or_secret_is_a_change(town: Town) -> None:
    apply(town, with_sftp(town), {"SEIS_PASSWORD": "old"})
    done = {d.what: d.became for d in apply(town, with_sftp(town), {"SEIS_PASSWORD": "new"})}
    assert done["connection seis"] == "changed"
    document = with_sftp(town)
    document["connections"]["other"] = {"type": "folder", "path": str(town.outgoing)}
    document["syncs"]["casemis"]["connection"] = "other"
    done = {d.what: d.became for d in apply(town, document, {"SEIS_PASSWORD": "new"})}
    assert done["sync casemis"] == "changed"


def test_a_sync_stays_of_its_kind(town: Town) -> None:
    with pytest.raises(Problem, match="declare another sync"):
        town.apply(integration="roster", settings={})
