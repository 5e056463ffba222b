"""Connections as forms: fields by kind, secrets never shown again, a test before saving."""

import re

from tests.console.people import Asking
from tests.servers.processes import free_port
from tests.town import Town

from rollcall.access.roles import Role
from rollcall.engine import secrets
from rollcall.engine.connections import connection_checks
from rollcall.engine.models import Connection, ConnectionCheck

SFTP = {
    "connection-host": "127.0.0.1",
    "connection-port": "22",
    "connection-user": "rollcall",
    "connection-password": "hunter2",
    "connection-directory": "out",
    "connection-timeout_seconds": "5",
}


def stored(town: Town, name: str) -> Connection:
    return Connection.objects.get(district=town.district, name=name)


def password(connection: Connection) -> str:
    return secrets.unseal(connection.secrets["password"]["sealed"])


def made(asking: Asking, town: Town) -> None:
    where = f"/d/{town.code}/new-connection/?kind=sftp"
    asking(Role.ADMIN).post(where, {**SFTP, "name": "files"})


HTTP = {
    "connection-url": "https://api.example.org/edfi",
    "connection-key": "k-2026",
    "connection-secret": "hunter2",
    "connection-timeout_seconds": "5",
}


def test_a_connection_to_an_api(asking: Asking, town: Town) -> None:
    client = asking(Role.ADMIN)
    client.post(f"/d/{town.code}/new-connection/?kind=http", {**HTTP, "name": "state"})
    assert secrets.unseal(stored(town, "state").secrets["secret"]["sealed"]) == "hunter2"
    where = f"/d/{town.code}/connections/state/"
    shown = client.get(where).content.decode()
    assert "k-2026" in shown
    assert "hunter2" not in shown
    assert "The files are somewhere else now?" not in shown
    listed = client.get(f"/d/{town.code}/connections/").content.decode()
    assert "https://api.example.org/edfi" in listed
    assert "API (HTTPS)" in listed
    elsewhere = {**HTTP, "connection-secret": "", "connection-url": "https://other.example.org"}
    assert b"Enter it again: Address was changed" in client.post(where, elsewhere).content


def test_the_list_says_where_who_uses_it_and_its_last_test(asking: Asking, town: Town) -> None:
    begun = connection_checks.begin(stored(town, "seis"), "pat", town.clock)
    connection_checks.carry_out(begun.pk, town.clock)
    shown = asking(Role.OPERATOR).get(f"/d/{town.code}/connections/").content.decode()
    assert str(town.outgoing) in shown
    assert f"/d/{town.code}/syncs/casemis/" in shown
    assert "Not all steps passed" in shown  # A.csv is not there
    answer = asking(Role.OPERATOR).get(f"/d/{town.code}/connections.csv")
    assert b"seis,Folder" in answer.getvalue()


def test_a_new_connection_keeps_its_secret_and_shows_it_nowhere(asking: Asking, town: Town) -> None:
    made(asking, town)
    assert password(stored(town, "files")) == "hunter2"
    shown = asking(Role.ADMIN).get(f"/d/{town.code}/connections/files/").content.decode()
    assert "hunter2" not in shown
    assert "Leave empty to keep the saved one." in shown


def test_a_secret_left_empty_is_kept_unless_the_server_is_another(
    asking: Asking, town: Town
) -> None:
    made(asking, town)
    client, where = asking(Role.ADMIN), f"/d/{town.code}/connections/files/"
    client.post(where, {**SFTP, "connection-password": "", "connection-user": "other"})
    saved = stored(town, "files")
    assert (saved.settings["user"], password(saved)) == ("other", "hunter2")
    elsewhere = {**SFTP, "connection-password": "", "connection-host": "example.org"}
    shown = client.post(where, elsewhere).content.decode()
    assert "Enter it again: Server was changed" in shown
    assert stored(town, "files").settings["host"] == "127.0.0.1"


def test_mistakes_are_told_at_their_fields(asking: Asking, town: Town) -> None:
    where = f"/d/{town.code}/new-connection/?kind=folder"
    sent = {"name": "Not a name", "connection-path": "relative/path"}
    shown = asking(Role.ADMIN).post(where, sent).content.decode()
    assert "Use letters, digits, - and _" in shown
    sent["name"] = "files"
    shown = asking(Role.ADMIN).post(where, sent).content.decode()
    assert "Give the full path, from the root of the disk" in shown


def test_what_the_form_says_is_tested_before_it_is_saved(asking: Asking, town: Town) -> None:
    where = f"/d/{town.code}/new-connection/test/?kind=sftp"
    sent = {**SFTP, "connection-port": str(free_port())}
    client, htmx = asking(Role.ADMIN), {"HX-Request": "true"}
    shown = client.post(where, sent, headers=htmx).content.decode()
    assert re.search(r'hx-get="[^"]*/connection-tests/\d+/[?"]', shown)
    check = ConnectionCheck.objects.filter(district=town.district).latest("pk")
    connection_checks.carry_out(check.pk, town.clock)
    page = client.get(f"/d/{town.code}/connection-tests/{check.pk}/").content.decode()
    assert "Not all steps passed" in page
    refused = client.post(where, {**sent, "connection-port": "0"}, headers=htmx)
    assert "Port: " in refused.content.decode()


def test_one_in_use_is_not_deleted(asking: Asking, town: Town) -> None:
    client = asking(Role.ADMIN)
    where = f"/d/{town.code}/connections/seis/delete/"
    shown = client.post(where, follow=True).content.decode()
    assert "Syncs use this connection, so it cannot be deleted (casemis)" in shown
    made(asking, town)
    client.post(f"/d/{town.code}/connections/files/delete/")
    assert not Connection.objects.filter(district=town.district, name="files").exists()
