"""The settings of a sync as a form, and its versions: who, when, what was different, restore."""

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client
from tests.console.people import Asking
from tests.town import Town

from rollcall.access.models import AuditEntry
from rollcall.access.roles import Role

SENT = {
    "based_on": "1",
    "general-connection": "seis",
    "general-recipients": "data@example.org",
    "general-reports": "attach",
    "general-late_after_minutes": "60",
    "settings-students_file": "A.csv",
    "settings-encoding": "auto",
    "settings-header": "auto",
    "settings-date_format": "auto",
    "settings-bad_field": "reject",
    "approval-note": "optional",
}


def save(client: Client, town: Town, **changed: Any) -> str:
    sent = {**SENT, **{name.replace("__", "-"): value for name, value in changed.items()}}
    where = f"/d/{town.code}/syncs/casemis/settings/"
    return client.post(where, sent, follow=True).content.decode()


def field(shown: str, name: str) -> str:
    """The row of the page that a field is in."""
    return next(row for row in shown.split('<div class="row') if f'name="{name}"' in row)


def test_fields_have_their_words_ranges_and_defaults(asking: Asking, town: Town) -> None:
    shown = asking(Role.ADMIN).get(f"/d/{town.code}/syncs/casemis/settings/").content.decode()
    late = field(shown, "general-late_after_minutes")
    assert "5 to 10,080. Default: 60." in late
    assert 'min="5"' in late
    assert 'value="A.csv"' in field(shown, "settings-students_file")
    assert 'placeholder="75"' in shown  # the guard on updates that holds without one


def test_saving_what_is_there_makes_no_version(asking: Asking, town: Town) -> None:
    assert "Nothing was changed." in save(asking(Role.ADMIN), town)
    assert town.sync.version.number == 1


def test_saving_makes_a_version_that_says_who_and_what(asking: Asking, town: Town) -> None:
    client = asking(Role.ADMIN)
    changed = {"general__owner": "Pat Lee", "guards__remove.percent": "5", "guards__add.count": "9"}
    assert "Saved as version 2" in save(client, town, **changed)
    config = town.sync.version.config
    assert (config["owner"], config["settings"]) == ("Pat Lee", {"students_file": "A.csv"})
    assert config["guards"] == {"remove": {"percent": 5.0}, "add": {"count": 9}}
    shown = client.get(f"/d/{town.code}/syncs/casemis/versions/").content.decode()
    told = re.findall(r'<dt>(.*?)</dt>.*?before">(.*?)<.*?after">(.*?)<', shown)
    assert ("Owner", "", "Pat Lee") in told
    assert ("Guards: remove, percent", "10", "5.0") in told
    assert town.sync.version.saved_by in shown
    audited = AuditEntry.objects.filter(district=town.district, what="sync casemis")
    assert audited.get().detail == {"version": 2}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("general-late_after_minutes", "3", "greater than or equal to 5"),
        ("general-recipients", "nobody", "nobody"),
        ("settings-services_columns", "SSID, NONSENSE", "unknown column NONSENSE"),
    ],
)
def test_a_mistake_is_told_at_its_field_and_nothing_is_saved(
    name: str, value: str, said: str, asking: Asking, town: Town
) -> None:
    shown = save(asking(Role.ADMIN), town, **{name.replace("-", "__"): value})
    assert said.lower() in field(shown, name).lower()
    assert "wrong" in field(shown, name)
    assert town.sync.version.number == 1


def test_a_limit_that_is_none_is_told_at_its_guard(asking: Asking, town: Town) -> None:
    shown = save(asking(Role.ADMIN), town, **{"guards__remove.percent": "-1"})
    assert 'class="wrong"' in shown
    assert "Nothing was saved" in shown


def test_what_somebody_else_saved_meanwhile_is_kept(asking: Asking, town: Town) -> None:
    town.apply(owner="Kim")
    shown = save(asking(Role.ADMIN), town, general__owner="Pat")
    assert "Another person saved this sync" in shown
    assert town.sync.version.config["owner"] == "Kim"


def test_an_older_version_is_restored_as_a_new_one(asking: Asking, town: Town) -> None:
    before = town.sync.version.config
    town.apply(owner="Kim")
    client = asking(Role.ADMIN)
    where = f"/d/{town.code}/syncs/casemis/versions/"
    shown = client.post(f"{where}restore/", {"number": "1"}, follow=True).content.decode()
    assert "Version 1 is restored as version 3" in shown
    assert town.sync.version.config == before
    assert client.post(f"{where}restore/", {"number": "9"}).status_code == 404


def test_versions_are_seen_by_viewers_restored_by_admins(asking: Asking, town: Town) -> None:
    town.apply(owner="Kim")
    where = f"/d/{town.code}/syncs/casemis/versions/"
    assert "Restore" not in asking(Role.VIEWER).get(where).content.decode()
    assert "Restore version 1" in asking(Role.ADMIN).get(where).content.decode()


def test_versions_as_csv(asking: Asking, town: Town) -> None:
    town.apply(owner="Kim")
    answer = asking(Role.VIEWER).get(f"/d/{town.code}/syncs/casemis/versions.csv")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    told = [(row["Version"], row["Setting"], row["After"]) for row in rows]
    assert told == [("2", "Owner", "Kim"), ("1", "", "")]


def test_a_new_sync_is_set_up_and_one_of_its_name_refused(asking: Asking, town: Town) -> None:
    client = asking(Role.ADMIN)
    where = f"/d/{town.code}/new-sync/"
    assert "CASEMIS" in client.get(where).content.decode()
    sent = {name: value for name, value in SENT.items() if name != "based_on"}
    where += "?integration=casemis"
    taken = client.post(where, {**sent, "name": "casemis"}).content.decode()
    assert "There is a sync of that name" in taken
    made = client.post(where, {**sent, "name": "sped"}, follow=True).content.decode()
    assert "sped is set up" in made
    assert "Never run" in made
