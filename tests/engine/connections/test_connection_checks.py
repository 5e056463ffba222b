"""A connection test as a job: followed while it goes on, secrets gone when it is over."""

import os
from pathlib import Path
from typing import Any

import pytest
from tests.reach import HERE
from tests.servers.processes import free_port
from tests.town import Town

from rollcall.engine import secrets
from rollcall.engine.connections import connection_checks
from rollcall.engine.models import Connection, ConnectionCheck
from rollcall.engine.settings import partner_settings
from rollcall.engine.settings.config import Mistakes
from rollcall.sandbox.sftp_server import SftpServer
from rollcall.transports.check import Step, check
from rollcall.transports.errors import TransportError
from rollcall.transports.folder import FolderTransport
from rollcall.transports.kinds import connection_settings
from rollcall.transports.port import FileStat

SFTP = {"host": "127.0.0.1", "user": "rollcall", "password": "hunter2", "timeout_seconds": "5"}


def seis(town: Town) -> Connection:
    return Connection.objects.get(district=town.district, name="seis")


def tell(town: Town, made: ConnectionCheck) -> dict[str, Any]:
    return connection_checks.as_json(ConnectionCheck.objects.get(pk=made.pk), town.clock)


def test_a_test_waits_is_carried_out_and_names_the_newest_file(town: Town) -> None:
    town.drop("A.csv", b"x" * 1234)
    made = connection_checks.begin(seis(town), "pat", town.clock)
    assert tell(town, made)["state"] == "waiting"
    connection_checks.carry_out(made.pk, town.clock)
    said = tell(town, made)
    assert said["state"] == "ok"
    assert [step["title"] for step in said["steps"]] == [
        *("Open the folder", "List the folder", "Find the file A.csv")
    ]
    assert (said["newest"]["name"], said["newest"]["size"]) == ("A.csv", 1234)
    assert said["newest"]["age"] == "changed 11 days ago"


def test_each_step_is_told_as_it_begins_and_ends(tmp_path: Path, town: Town) -> None:
    seen: list[list[str]] = []

    def show(steps: Any) -> None:
        seen.append([step.state for step in steps])

    settings = connection_settings({"type": "folder", "path": str(tmp_path)})
    check(settings, ["a.csv"], HERE, town.clock.now, show)
    assert seen[0] == ["running", "waiting", "waiting"]
    assert ["ok", "running", "waiting"] in seen
    assert seen[-1] == ["ok", "ok", "failed"]


def test_a_form_is_tested_before_it_is_saved_and_its_secret_forgotten(town: Town) -> None:
    draft = Connection(district=town.district, name="files", settings={})
    sent = {**SFTP, "port": str(free_port())}
    made = connection_checks.begin_draft(draft, "sftp", sent, "pat", town.clock)
    assert "hunter2" not in str(made.settings) + str(made.secrets)
    connection_checks.carry_out(made.pk, town.clock)
    said = tell(town, made)
    assert said["state"] == "failed"
    failed = next(step for step in said["steps"] if step["state"] == "failed")
    assert (failed["code"], bool(failed["advice"])) == ("connection.refused", True)
    assert {step["state"] for step in said["steps"][2:]} == {"skipped"}
    assert ConnectionCheck.objects.get(pk=made.pk).secrets == {}
    assert not Connection.objects.filter(district=town.district, name="files").exists()


def test_a_draft_with_a_mistake_is_told_at_its_field(town: Town) -> None:
    draft = Connection(district=town.district, name="files", settings={})
    with pytest.raises(Mistakes) as refused:
        connection_checks.begin_draft(draft, "sftp", {**SFTP, "port": "0"}, "pat", town.clock)
    assert list(refused.value.places) == ["port"]


def test_a_secret_that_cannot_be_opened_is_a_step_that_failed(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = partner_settings.create_connection(
        town.district, "files", "sftp", {**SFTP, "port": "22"}, town.clock, "pat"
    )
    made = connection_checks.begin(stored, "pat", town.clock)
    monkeypatch.setenv("ROLLCALL_KEY", "k" * 43 + "=")
    connection_checks.carry_out(made.pk, town.clock)
    (step,) = tell(town, made)["steps"]
    assert (step["state"], step["code"]) == ("failed", "secret.key_mismatch")


def test_a_test_that_is_over_is_not_made_again(town: Town) -> None:
    made = connection_checks.begin(seis(town), "pat", town.clock)
    connection_checks.carry_out(made.pk, town.clock)
    town.outgoing.rmdir()
    assert connection_checks.carry_out(made.pk, town.clock).steps[0]["state"] == "ok"


@pytest.mark.parametrize("name", ["a\0b.csv", "caf\udce9.csv", "a\nb.csv", "a\x1b[31m.csv"])
def test_a_name_of_any_bytes_is_shown_printable(
    name: str, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = [FileStat(name, 1, town.clock.now())]
    monkeypatch.setattr(FolderTransport, "list", lambda _: listed)
    made = connection_checks.begin(seis(town), "pat", town.clock)
    connection_checks.carry_out(made.pk, town.clock)
    newest = tell(town, made)["newest"]["name"]
    assert newest.isprintable()
    assert newest.endswith(".csv")


@pytest.mark.parametrize("kind", ["sftp", "folder"])
def test_a_name_that_is_no_utf8_is_listed(kind: str, town: Town) -> None:
    (town.outgoing / os.fsdecode(b"r\xe4k.txt")).write_text("x")
    made = connection_checks.begin(seis(town), "pat", town.clock)
    with SftpServer(town.outgoing, "demo", "secret") as server:
        if kind == "sftp":
            at = {"host": server.host, "port": server.port, "user": "demo"}
            known = {"type": "sftp", **at, "host_key": server.host_key}
            sealed = {"password": secrets.seal("secret")}
            ConnectionCheck.objects.filter(pk=made.pk).update(settings=known, secrets=sealed)
        connection_checks.carry_out(made.pk, town.clock)
    said = tell(town, made)
    assert (said["newest"]["name"], said["newest"]["size"]) == ("r?k.txt", 1)


def test_a_folder_that_is_no_utf8_is_told_printable(town: Town) -> None:
    """A server names its folders itself: what cannot be listed is said by that name."""
    error = TransportError("connection.no_permission", "/r\udce4k\0")
    assert error.sentence.isprintable()
    assert error.detail == "/r?k?"


def test_a_step_starts_as_waiting() -> None:
    assert Step("open", "Open the folder").state == "waiting"
