"""A declared configuration: whole or not at all, idempotent, and secrets never shown again."""

import tomllib

import pytest
import tomlkit

from rollcall.core.problems import Problem
from rollcall.engine import configure
from rollcall.engine.models import Connection, Sync

SFTP = {
    "type": "sftp",
    "host": "files.example.org",
    "user": "rollcall",
    "password": "${env:SEIS_PASSWORD}",
    "directory": "/outgoing",
}


def apply(town, document, environ=None):
    return configure.apply(document, environ or {}, town.clock, "tester")


def with_sftp(town):
    document = town.document()
    document["connections"]["seis"] = dict(SFTP)
    return document


def test_applying_it_again_changes_nothing(town):
    before = town.sync.versions.count()
    assert {done.became for done in town.apply()} == {"same"}
    assert town.sync.versions.count() == before


def test_a_change_is_a_new_version_with_who_and_when(town):
    town.apply(recipients=["a@example.org", "b@example.org"])
    version = town.sync.version
    assert (version.number, version.saved_by, version.saved_at) == (2, "tester", town.clock.now())


def test_recipients_may_be_comma_separated(town):
    town.apply(recipients="a@example.org, b@example.org")
    assert town.sync.version.config["recipients"] == ["a@example.org", "b@example.org"]


def test_a_secret_is_kept_sealed_and_exported_as_its_name(town):
    apply(town, with_sftp(town), {"SEIS_PASSWORD": "hunter2"})
    stored = Connection.objects.get(district=town.district)
    assert "hunter2" not in str(stored.settings) + str(stored.secrets)
    exported = configure.export(town.district)
    assert exported["connections"]["seis"]["password"] == "${env:SEIS_PASSWORD}"
    opened = configure.connection_settings(stored)
    assert opened.password.get_secret_value() == "hunter2"


def test_a_new_value_of_a_secret_is_taken(town):
    for value in ("old", "new"):
        apply(town, with_sftp(town), {"SEIS_PASSWORD": value})
    opened = configure.connection_settings(Connection.objects.get(district=town.district))
    assert opened.password.get_secret_value() == "new"


def test_an_unset_secret_changes_nothing(town):
    with pytest.raises(Problem, match="SEIS_PASSWORD"):
        apply(town, with_sftp(town))
    assert Connection.objects.get(district=town.district).settings["type"] == "folder"


def test_a_secret_in_plain_is_refused(town):
    document = with_sftp(town)
    document["connections"]["seis"]["password"] = "hunter2"
    with pytest.raises(Problem) as refused:
        apply(town, document)
    assert "hunter2" not in str(refused.value)


def test_what_is_exported_can_be_applied(town):
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
def test_a_mistake_names_its_place_and_changes_nothing(town, place, broken):
    versions = town.sync.versions.count()
    with pytest.raises(Problem, match=place.replace(".", r"\.")):
        town.apply(**broken)
    assert Sync.objects.get(pk=town.sync.pk).versions.count() == versions
