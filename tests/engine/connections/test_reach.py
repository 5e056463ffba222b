"""What a district may reach is said by whoever runs the server, and holds for whatever it saves,
tests and runs.
"""

from pathlib import Path
from typing import Any

import pytest
from tests.servers.processes import free_port
from tests.servers.smtp import smtp_server
from tests.town import Town

from rollcall import home
from rollcall.access import account_mail
from rollcall.engine.connections import connection_checks
from rollcall.engine.connections.reach import in_force, out_of_reach, reach_of
from rollcall.engine.mail import mail_test
from rollcall.engine.models import Connection, DistrictReach, MailServer, RunState
from rollcall.engine.settings import configure, installation_settings, partner_settings
from rollcall.engine.settings.config import Mistakes
from rollcall.records.models import District
from rollcall.transports.kinds import connection_settings

NO_FOLDER, NO_ADDRESS = "connection.folder_not_allowed", "connection.address_not_allowed"
SFTP = {"host": "127.0.0.1", "user": "rollcall", "password": "hunter2", "timeout_seconds": "2"}


def closed(town: Town) -> None:
    """The district may use nothing but public addresses."""
    DistrictReach.objects.update_or_create(
        code=town.code, defaults={"folders": [], "addresses": []}
    )


def mistakes_of(work: Any, *given: Any) -> dict[str, str]:
    with pytest.raises(Mistakes) as caught:
        work(*given)
    return dict(caught.value.places)


# What is allowed


def test_in_an_installation_of_several_districts_nothing_is_usual(town: Town) -> None:
    DistrictReach.objects.filter(code=town.code).delete()
    District.objects.get_or_create(
        code="another", defaults={"name": "A", "state": "CA", "timezone": "UTC"}
    )
    assert in_force(town.code) == {"folders": [], "addresses": []}
    assert not reach_of(town.district).allows_address("10.0.0.5")


def test_the_only_district_may_use_what_is_usual(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    DistrictReach.objects.filter(code=town.code).delete()
    monkeypatch.setattr(District.objects, "exclude", lambda **_: District.objects.none())
    assert in_force(town.code) == {"folders": ["/srv", "/mnt", "/media"], "addresses": ["private"]}
    installation_settings.allow(town.code, ["/data/exports"], ["loopback"])
    now = in_force(town.code)
    assert now["folders"] == ["/srv", "/mnt", "/media", "/data/exports"]
    assert now["addresses"] == ["private", "loopback"]
    installation_settings.withdraw(town.code, ["usual"], ["usual"])
    assert in_force(town.code) == {"folders": ["/data/exports"], "addresses": ["loopback"]}


def test_it_can_be_said_before_there_is_the_district(town: Town) -> None:
    assert installation_settings.allow("to-come", ["/data"])["folders"] == ["usual", "/data"]
    document = {"districts": {"to-come": {"addresses": ["10.1.2.0/24"]}}}
    assert mistakes_of(installation_settings.allow, "to-come", ["data"])
    assert mistakes_of(installation_settings.allow, "to-come", ["/"])
    installation_settings.apply(document, {}, town.clock, "operator")
    assert in_force("to-come")["addresses"] == ["10.1.2.0/24"]


def test_rollcalls_own_folders_are_refused_whatever_is_allowed(town: Town) -> None:
    own = [home.home(), home.artifacts(), Path("/proc/self"), Path("/dev"), Path("/sys")]
    installation_settings.allow(town.code, [str(path) for path in own])
    for path in own:
        wrong = out_of_reach(
            connection_settings({"type": "folder", "path": str(path)}), town.district
        )
        assert "use another one" in wrong["path"]
        assert not reach_of(town.district).allows_path(str(path / "key"))


# Saving


@pytest.mark.parametrize(
    ("kind", "settings", "field"),
    [
        ("folder", {"path": "/etc"}, "path"),
        ("sftp", SFTP, "host"),
        ("sftp", {**SFTP, "host": "2130706433"}, "host"),
        ("sftp", {**SFTP, "host": "::ffff:127.0.0.1"}, "host"),
        ("smb", {**SFTP, "host": "10.0.0.5", "directory": "share"}, "host"),
        ("http", {"url": "https://localhost/api", "key": "k", "secret": "s"}, "url"),
        ("http", {"url": "https://[::1]:8443", "key": "k", "secret": "s"}, "url"),
        ("http", {"url": "https://169.254.169.254", "key": "k", "secret": "s"}, "url"),
    ],
)
def test_a_connection_out_of_reach_is_not_saved_and_says_who_can_allow_it(
    town: Town, kind: str, settings: dict[str, str], field: str
) -> None:
    closed(town)
    form = (town.district, "files", kind, settings, town.clock, "pat")
    said = mistakes_of(partner_settings.create_connection, *form)
    assert list(said) == [field]
    assert f"rollcall installation allow --district {town.code} --" in said[field]
    draft = Connection(district=town.district, name="files", settings={})
    begun = (draft, kind, settings, "pat", town.clock)
    assert list(mistakes_of(connection_checks.begin_draft, *begun)) == [field]
    secret = {"password", "secret"} & set(settings)
    named = {**settings, **dict.fromkeys(secret, "${env:S}")}
    document = {
        "district": town.document()["district"],
        "connections": {"files": {"type": kind, **named}},
    }
    applied = (document, {"S": "s"}, town.clock, "pat")
    assert list(mistakes_of(configure.apply, *applied)) == [f"connections.files.{kind}.{field}"]
    assert not Connection.objects.filter(district=town.district, name="files").exists()


@pytest.mark.parametrize(
    ("kind", "settings", "field"),
    [
        ("folder", {"path": "/etc/mails", "from": "r@x.example"}, "path"),
        ("smtp", {"host": "localhost", "from": "r@x.example"}, "host"),
    ],
)
def test_a_mail_server_out_of_reach_is_not_saved_nor_tested(
    town: Town, kind: str, settings: dict[str, str], field: str
) -> None:
    closed(town)
    saved = (town.district, kind, settings, town.clock, "pat")
    assert list(mistakes_of(partner_settings.save_mail, *saved)) == [field]
    sent = (town.district, "a@x.example", town.clock, {"type": kind, **settings})
    assert list(mistakes_of(mail_test.send_test, *sent)) == [field]


def test_a_name_is_looked_up_when_it_is_used_and_refused_then(town: Town) -> None:
    closed(town)
    sent = {"url": f"https://ip6-localhost:{free_port()}", "key": "k", "secret": "s"}
    made = partner_settings.create_connection(town.district, "api", "http", sent, town.clock, "pat")
    check = connection_checks.begin(made, "pat", town.clock)
    connection_checks.carry_out(check.pk, town.clock)
    check.refresh_from_db()
    codes = {step["code"] for step in check.steps}
    assert codes & {NO_ADDRESS, "connection.unknown_host"}


# Using what was saved


def test_what_is_no_longer_allowed_is_no_longer_used(town: Town) -> None:
    town.drop("A.csv", b"x")
    closed(town)
    run = town.run()
    assert (run.state, run.error_code) == (RunState.FAILED, NO_FOLDER)
    made = connection_checks.begin(
        Connection.objects.get(district=town.district, name="seis"), "pat", town.clock
    )
    connection_checks.carry_out(made.pk, town.clock)
    made.refresh_from_db()
    assert [step["code"] for step in made.steps if step["code"]] == [NO_FOLDER]
    assert town.mails() == []  # the mail folder is no longer allowed either
    went = mail_test.send_test(town.district, "a@x.example", town.clock)
    assert (went.taken, went.code) == (False, NO_FOLDER)
    assert "rollcall installation allow" in went.advice


def test_a_mail_server_of_this_machine_is_not_used_once_it_is_not_allowed(
    town: Town, tmp_path: Path
) -> None:
    with smtp_server(tmp_path, sign_in=False, encrypted=False) as mailbox:
        given = {"host": "127.0.0.1", "port": str(mailbox.port), "security": "none"}
        sent = {**given, "from": "r@x.example"}
        partner_settings.save_mail(town.district, "smtp", sent, town.clock, "pat")
        assert mail_test.send_test(town.district, "a@x.example", town.clock).taken
        closed(town)
        went = mail_test.send_test(town.district, "a@x.example", town.clock)
        assert (went.taken, went.code) == (False, NO_ADDRESS)
        assert len(mailbox.messages) == 1


def test_the_mail_server_of_the_installation_may_be_anywhere(town: Town, tmp_path: Path) -> None:
    """Whoever runs the server set it."""
    with smtp_server(tmp_path, sign_in=False, encrypted=False) as mailbox:
        mail = {"type": "smtp", "host": "localhost", "port": mailbox.port, "security": "none"}
        document = {"mail": {**mail, "from": "r@x.example"}}
        installation_settings.apply(document, {}, town.clock, "operator")
        sent = account_mail.send("a@x.example", "s", "t", town.clock)
        MailServer.objects.filter(district=None).delete()
    assert sent is account_mail.Outcome.SENT
    assert len(mailbox.messages) == 1
