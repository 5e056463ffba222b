"""Alerts: what is wrong by sync, to whom it is assigned, and what was resolved."""

import csv
import io

import polars as pl
import pytest
from django.test import Client
from tests.console.people import Asking, another_town, client_of, somebody
from tests.town import RowMaker, Town

from rollcall.access.models import AuditEntry
from rollcall.access.roles import Role
from rollcall.engine.models import Alert
from rollcall.records.models import Student


@pytest.fixture
def alert(town: Town, students: pl.DataFrame, table_a: RowMaker) -> Alert:
    """A finding of a live run: a row that nobody matches."""
    town.load({"students": students})
    town.drop("A.csv", table_a(SSID="9999999999").encode())
    town.run()
    return Alert.objects.get(district=town.district, code="match.unknown_state_id")


@pytest.fixture
def steward(asking: Asking) -> Client:
    return asking(Role.STEWARD)


def rows(client: Client, town: Town, query: str = "") -> list[int]:
    groups = client.get(f"/d/{town.code}/alerts/{query}").context["groups"]
    return [row.alert.pk for _, rows in groups for row in rows]


def test_an_alert_says_what_to_do_and_who(town: Town, alert: Alert, asking: Asking) -> None:
    text = asking(Role.VIEWER).get(f"/d/{town.code}/alerts/").content.decode()
    assert "No student has this row" in text
    assert "never matched by name" in text
    assert "not assigned" in text
    assert "/acknowledge/" not in text


def test_somebody_looks_after_it(town: Town, alert: Alert, steward: Client) -> None:
    where = f"/d/{town.code}/alerts/{alert.pk}/acknowledge/"
    answer = steward.post(where, {"note": "Asked the vendor"}, follow=True)
    text = answer.content.decode()
    assert "is now assigned to you" in text
    assert "Asked the vendor" in text
    noted = AuditEntry.objects.filter(district=town.district).latest("pk")
    assert (noted.action, noted.what) == ("acknowledged", f"alert {alert.pk}")


def test_what_a_run_no_longer_sees_is_resolved(
    town: Town, alert: Alert, steward: Client, table_a: RowMaker
) -> None:
    town.drop("A.csv", table_a(SSID="0000000003").encode())
    town.run()
    assert alert.pk not in rows(steward, town)
    assert alert.pk in rows(steward, town, "?state=resolved")
    answer = steward.post(f"/d/{town.code}/alerts/{alert.pk}/acknowledge/", follow=True)
    assert "has been resolved meanwhile" in answer.content.decode()


def test_alerts_of_one_sync_and_as_csv(town: Town, alert: Alert, steward: Client) -> None:
    assert alert.pk in rows(steward, town, "?sync=casemis")
    answer = steward.get(f"/d/{town.code}/alerts.csv?sync=casemis")
    told = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert str(alert.pk) in [row["Alert"] for row in told]
    assert told[0]["First seen"].startswith("2016-12-05")


def test_an_alert_about_a_student_leads_to_them(town: Town, alert: Alert, steward: Client) -> None:
    elena = Student.objects.get(district=town.district, local_id="100001")
    Alert.objects.filter(pk=alert.pk).update(subject=f"student:{elena.pk}")
    text = steward.get(f"/d/{town.code}/alerts/").content.decode()
    assert f"/students/{elena.pk}/" in text


def test_an_alert_of_another_district_is_not_there(town: Town, alert: Alert) -> None:
    other = another_town(town)
    stranger = client_of(somebody(other, Role.ADMIN))
    assert rows(stranger, other) == []
    assert stranger.post(f"/d/{other.code}/alerts/{alert.pk}/acknowledge/").status_code == 404


def test_no_alert_is_good_news_that_says_what_would_be_here(town: Town, steward: Client) -> None:
    text = steward.get(f"/d/{town.code}/alerts/").content.decode()
    assert "No open alerts" in text
    text = steward.get(f"/d/{town.code}/alerts/?state=resolved").content.decode()
    assert "No resolved alerts yet" in text
