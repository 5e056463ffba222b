"""rollcall installation: what whoever runs the server allows, and where connections keep to it."""

import json
from collections.abc import Callable
from pathlib import Path

import click.testing
import pytest
import tomlkit
from tests.town import Town

from rollcall.access.models import AuditEntry
from rollcall.cli import main
from rollcall.engine.models import DistrictReach

Invoke = Callable[..., click.testing.Result]


@pytest.fixture
def rollcall(town: Town) -> Invoke:
    def invoke(*arguments: str, code: int = 0) -> click.testing.Result:
        runner = click.testing.CliRunner()
        done = runner.invoke(main, arguments, env={"ROLLCALL_DISTRICT": town.code})
        assert done.exit_code == code, f"{done.output}\n{done.exception!r}"
        return done

    return invoke


def test_what_is_allowed_is_shown_written_down_and_withdrawn(town: Town, rollcall: Invoke) -> None:
    rollcall("installation", "withdraw", "--folder", "usual", "--address", "usual")
    printed = rollcall("installation", "allow", "--folder", "/data", "--address", "10.1.2.0/24")
    assert "/data" in printed.stdout
    shown = json.loads(rollcall("installation", "show", "--json").stdout)["districts"][town.code]
    assert shown == {
        "folders": [str(town.folder), "/data"],
        "addresses": ["loopback", "10.1.2.0/24"],
    }
    noted = AuditEntry.objects.filter(district=town.district).latest("pk")
    assert town.code in noted.what
    rollcall("installation", "withdraw", "--folder", "/data", "--address", "10.1.2.0/24")
    shown = json.loads(rollcall("installation", "show", "--json").stdout)["districts"][town.code]
    assert shown == {"folders": [str(town.folder)], "addresses": ["loopback"]}


def test_a_district_that_is_to_come_can_be_allowed_something(
    town: Town, rollcall: Invoke, tmp_path: Path
) -> None:
    code = f"{town.code}new"
    document = town.document()
    document["district"]["code"] = code
    file = tmp_path / "new.toml"
    file.write_text(tomlkit.dumps(document))
    refused = rollcall("config", "apply", str(file), code=2)
    command = f"`rollcall installation allow --district {code} --folder {town.mailbox}`"
    assert command in " ".join(refused.stderr.split())
    allowed = ("installation", "allow", "--district", code, "--folder", str(town.folder))
    assert "There is no district" in rollcall(*allowed).stdout
    rollcall("config", "apply", str(file))


@pytest.mark.parametrize("wrong", [("--folder", "data"), ("--folder", "/"), ("--address", "home")])
def test_what_is_no_folder_or_network_is_refused(
    town: Town, rollcall: Invoke, wrong: tuple[str, str]
) -> None:
    before = DistrictReach.objects.get(code=town.code).folders
    rollcall("installation", "allow", *wrong, code=2)
    assert DistrictReach.objects.get(code=town.code).folders == before


def test_a_connection_test_keeps_to_it_as_a_run_does(town: Town, rollcall: Invoke) -> None:
    town.drop("A.csv", b"x")
    rollcall("connection", "test", "seis")
    rollcall("installation", "withdraw", "--folder", str(town.folder))
    steps = json.loads(rollcall("connection", "test", "seis", "--json", code=4).stdout)
    assert steps[0]["code"] == "connection.folder_not_allowed"
    mailed = rollcall("mail", "test", "a@x.example", code=4)
    assert "connection.folder_not_allowed" in mailed.stdout
