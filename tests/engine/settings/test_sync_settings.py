"""Settings for forms: declared fields, versions with who and when, secrets that stay hidden."""

from typing import Any

import pytest
from pydantic import BaseModel
from tests.town import Town

from rollcall.core.problems import Problem
from rollcall.core.settings.config_diff import Difference
from rollcall.core.settings.setting_fields import Kind, fields_of
from rollcall.engine.models import Connection, MailServer, Sync
from rollcall.engine.settings import configure, partner_settings, sync_settings
from rollcall.engine.settings.config import Mistakes, SyncConfig
from rollcall.transports.settings import SftpSettings
from rollcall.wiring import integrations

MODELS: list[type[BaseModel]] = [
    *(integration.settings for integration in integrations()),
    *partner_settings.CONNECTIONS.values(),
    *partner_settings.MAIL.values(),
]
SFTP = {"host": "files.example.org", "port": "22", "user": "rollcall", "directory": "/out"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_setting_has_a_title_and_a_help_text(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        if name != "type":
            assert field.title, name
            assert field.description, name
    assert all(field.help[0].isupper() or field.help[0].isdigit() for field in fields_of(model, {}))


def test_the_general_fields_have_titles_too() -> None:
    fields = sync_settings.general_fields({})
    assert [field.name for field in fields] == [
        *("connection", "recipients", "reports", "owner", "late_after_minutes")
    ]
    assert all(SyncConfig.model_fields[field.name].title for field in fields)


def save(town: Town, based_on: int | None = None, **changes: Any) -> str:
    return sync_settings.save(town.sync, changes, town.clock, "pat", based_on)


def test_the_form_has_the_integrations_fields_with_what_is_set(town: Town) -> None:
    form = sync_settings.form(town.sync)
    students = next(field for field in form.settings if field.name == "students_file")
    assert (students.value, students.is_set, students.default) == ("A.csv", True, "CASEMISA.csv")
    assert (form.version, form.saved_by, form.connections) == (1, "tester", ["seis"])


def test_saving_is_a_version_with_who_and_what_changed(town: Town) -> None:
    assert save(town, settings={"students_file": "B.csv"}) == "changed"
    assert save(town, settings={"students_file": "B.csv"}) == "same"
    newest, first = sync_settings.versions(town.sync)
    assert (newest.number, newest.saved_by) == (2, "pat")
    assert newest.changes == [Difference("settings.students_file", "A.csv", "B.csv")]
    assert first.changes == []
    assert town.sync.version.config["recipients"] == town.recipients  # the rest stays


def test_an_older_version_is_restored_as_a_new_one(town: Town) -> None:
    save(town, settings={"students_file": "B.csv"}, owner="Pat")
    sync_settings.restore(town.sync, 1, town.clock, "lee")
    newest = sync_settings.versions(town.sync, limit=1)[0]
    assert (newest.number, newest.saved_by) == (3, "lee")
    assert Difference("owner", "Pat", "") in newest.changes
    assert [one.number for one in sync_settings.versions(town.sync, before=3)] == [2, 1]


def test_who_was_shown_an_older_version_saves_nothing(town: Town) -> None:
    save(town, based_on=1, owner="Pat")
    with pytest.raises(Problem, match="version 2, by pat"):
        save(town, based_on=1, owner="Lee")
    assert town.sync.version.config["owner"] == "Pat"


@pytest.mark.parametrize(
    ("place", "changes"),
    [
        ("settings.students_file", {"settings": {"students_file": ""}}),
        ("settings.header", {"settings": {"header": "perhaps"}}),
        ("recipients", {"recipients": "nobody"}),
        ("late_after_minutes", {"late_after_minutes": 1}),
        ("connection", {"connection": "nowhere"}),
        ("guards.remove.percent", {"guards": {"remove": {"percent": -1}}}),
    ],
)
def test_a_mistake_is_told_at_its_field(town: Town, place: str, changes: dict[str, Any]) -> None:
    with pytest.raises(Mistakes) as refused:
        save(town, **changes)
    assert list(refused.value.places) == [place]
    assert town.sync.version.number == 1


def test_guards_of_a_form_keep_what_it_does_not_show(town: Town) -> None:
    of_services = {"service": {"remove": {"percent": 50}}}
    save(town, guards={"remove": {"percent": 5}, "records": of_services})
    guards = sync_settings.form(town.sync).guards
    remove = next(f for f in sync_settings.guard_fields(guards) if f.guard == "remove")
    assert (remove.title, remove.default_percent, remove.percent) == ("Records removed", 10, 5)
    sent = {"remove.percent": "", "add.count": "7", "minimum_population": "0"}
    save(town, guards=sync_settings.guards_from_form(guards, sent))
    guards = sync_settings.form(town.sync).guards
    assert (guards.remove.percent, guards.add.count, guards.minimum_population) == (None, 7, 0)
    assert guards.limit("remove", "service").percent == 50


def test_a_new_sync_is_disabled_and_can_be_deleted_until_it_has_written(town: Town) -> None:
    made = sync_settings.create(
        town.district, "spring", "casemis", {"connection": "seis"}, town.clock, "pat"
    )
    assert not sync_settings.form(made).schedule.enabled
    for name, integration in (("Spring!", "casemis"), ("spring", "casemis"), ("fall", "none")):
        with pytest.raises(Mistakes):
            sync_settings.create(town.district, name, integration, {}, town.clock, "pat")
    town.run(test=True)
    sync_settings.delete(made)
    assert not Sync.objects.filter(district=town.district, name="spring").exists()


# Connections and the mail server


def sftp(town: Town, **changed: Any) -> Connection:
    sent = {**SFTP, "password": "hunter2", **changed}
    return partner_settings.create_connection(
        town.district, "files", "sftp", sent, town.clock, "pat"
    )


def edit(town: Town, stored: Connection, **sent: Any) -> Connection:
    return partner_settings.save_connection(stored, "sftp", {**SFTP, **sent}, town.clock, "lee")


def test_a_secret_does_not_follow_a_share_to_another_server(town: Town) -> None:
    """Windows writes the server within the share: there is no other field that changes then."""
    sent = {"directory": "\\\\files.example.org\\share", "user": "u", "password": "hunter2"}
    stored = partner_settings.create_connection(
        town.district, "share", "smb", sent, town.clock, "pat"
    )
    for directory in ("\\\\evil.example.org\\share", "//evil.example.org//files.example.org"):
        moved = {"directory": directory, "user": "u"}
        with pytest.raises(Mistakes) as caught:
            partner_settings.save_connection(stored, "smb", moved, town.clock, "lee")
        assert "enter it again" in caught.value.places["password"]
    for directory in ("\\\\files.example.org\\other", "//FILES.example.org/share"):
        same = {"directory": directory, "user": "u"}
        partner_settings.save_connection(stored, "smb", same, town.clock, "lee")


def password(stored: Connection) -> str | None:
    opened = configure.connection_settings(stored)
    assert isinstance(opened, SftpSettings)
    return opened.password.get_secret_value() if opened.password else None


def test_a_secret_left_empty_is_kept_and_never_shown(town: Town) -> None:
    stored = sftp(town)
    form = partner_settings.form(partner_settings.CONNECTIONS, "sftp", stored)
    shown = {field.name: field for field in form.fields}
    assert (shown["password"].kind, shown["password"].is_set) == (Kind.SECRET, True)
    assert not shown["key"].is_set
    assert "hunter2" not in repr(form)
    stored = edit(town, stored, password="", directory="/elsewhere")
    assert password(stored) == "hunter2"
    assert (stored.settings["directory"], stored.saved_by) == ("/elsewhere", "lee")
    assert password(edit(town, stored, password="new")) == "new"


def test_a_secret_is_not_kept_for_another_server(town: Town) -> None:
    stored = sftp(town)
    with pytest.raises(Mistakes) as refused:
        edit(town, stored, host="elsewhere.example.org", password="")
    assert refused.value.places == {"password": "enter it again: Server was changed"}
    assert password(edit(town, stored, host="elsewhere.example.org", password="again")) == "again"


def test_a_secret_is_taken_away_with_none(town: Town) -> None:
    stored = edit(town, sftp(town), password=None, key="a key")
    assert set(stored.secrets) == {"key"}


def test_what_a_form_saved_is_exported_and_applied_again_without_a_change(town: Town) -> None:
    sftp(town)
    document = configure.export(town.district)
    assert document["connections"]["files"]["password"] == "${env:FILES_PASSWORD}"
    done = configure.apply(document, {"FILES_PASSWORD": "hunter2"}, town.clock, "tester")
    assert {one.became for one in done} == {"same"}


@pytest.mark.parametrize(
    ("place", "sent"),
    [
        ("host", {"host": "a b"}),
        ("port", {"port": "70000"}),
        ("user", {"user": ""}),
        ("", {"password": ""}),
    ],
)
def test_a_mistake_in_a_connection_is_told_at_its_field(
    town: Town, place: str, sent: dict[str, Any]
) -> None:
    with pytest.raises(Mistakes) as refused:
        sftp(town, **sent)
    assert list(refused.value.places) == [place]
    assert "hunter2" not in str(refused.value)


def test_a_connection_that_is_used_is_not_deleted(town: Town) -> None:
    with pytest.raises(Problem, match="casemis"):
        partner_settings.delete_connection(Connection.objects.get(district=town.district))
    partner_settings.delete_connection(sftp(town))


def test_the_mail_server(town: Town) -> None:
    sent = {"host": "mail.example.org", "from": "r@example.org", "user": "u", "password": "hunter2"}
    partner_settings.save_mail(town.district, "smtp", sent, town.clock, "pat")
    sent |= {"from": "Rollcall <r@example.org>", "password": ""}
    partner_settings.save_mail(town.district, "smtp", sent, town.clock, "pat")
    opened = configure.mail_settings(town.district)
    assert opened is not None
    assert opened.sender == "Rollcall <r@example.org>"
    assert MailServer.objects.get(district=town.district).secrets["password"]["env"]
    with pytest.raises(Mistakes) as refused:
        partner_settings.save_mail(town.district, "smtp", {**sent, "from": "x"}, town.clock, "pat")
    assert list(refused.value.places) == ["from"]
