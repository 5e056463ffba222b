"""Rows and changes of a run: filters, pages, one explained, CSV, and who looked."""

import csv
import io
from functools import partial
from typing import Any

import pytest
from django.test import Client
from tests.console.held import Ran
from tests.console.held import shared_ran as ran
from tests.console.people import Asking, another_town
from tests.town_fixtures import shared_town as town

from rollcall.access.models import AuditEntry
from rollcall.access.roles import Role
from rollcall.engine.plans import browsing
from rollcall.records.models import Student

__all__ = ["ran", "town"]


def table(client: Client, where: str) -> list[dict[str, str]]:
    text = client.get(where).getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def lines(rows: list[Any]) -> list[int]:
    return [one["line"] if isinstance(one, dict) else one.line for one in rows]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", [1, 2, 3, 4, 5]),
        ("?outcome=matched", [1, 2, 3]),
        ("?outcome=unmatched", [4]),
        ("?rule=unknown_state_id", [4]),
        ("?line=5", [5]),
        ("?outcome=nonsense&input=nonsense", [1, 2, 3, 4, 5]),
        ("?after=3", [4, 5]),
    ],
)
def test_rows_are_filtered_by_the_address(
    query: str, shown: list[int], asking: Asking, ran: Ran
) -> None:
    answer = asking(Role.VIEWER).get(ran.url(ran.held, f"rows/{query}"))
    assert lines(answer.context["rows"]) == shown


def test_the_next_page_keeps_the_filters(
    asking: Asking, ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "rows", partial(browsing.rows, size=2))
    client, where = asking(Role.VIEWER), ran.url(ran.held, "rows/")
    first = client.get(f"{where}?outcome=matched")
    assert (lines(first.context["rows"]), first.context["links"].first) == ([1, 2], "")
    second = client.get(where + first.context["links"].next)
    assert (lines(second.context["rows"]), second.context["links"].next) == ([3], "")
    assert second.context["links"].first == "?outcome=matched"


def test_a_row_leads_to_its_student_and_says_why(asking: Asking, ran: Ran) -> None:
    (row,) = asking(Role.VIEWER).get(ran.url(ran.held, "rows/?line=2")).context["rows"]
    student = Student.objects.get(district=ran.town.district, local_id="100003")
    assert row.student == f"/d/{ran.town.code}/students/{student.pk}/"
    assert row.why == "By state ID"


def test_an_id_is_posted_and_leads_to_its_line(asking: Asking, ran: Ran) -> None:
    client, where = asking(Role.VIEWER), ran.url(ran.held, "rows/")
    answer = client.post(where, {"id": "0000000009"})
    assert answer["Location"] == f"{where}students/4/"
    assert client.post(where, {"id": "nobody"})["Location"] == where


def test_one_row_is_explained(asking: Asking, ran: Ran) -> None:
    client = asking(Role.VIEWER)
    told = client.get(ran.url(ran.held, "rows/students/1/")).context["explanation"]
    assert (told.outcome, told.local_id) == ("matched", "100001")
    assert [(one["before"], one["after"]) for one in told.changes] == [("10", "20")]
    assert told.reasons
    for none in ("rows/students/9/", "rows/nope/1/"):
        assert client.get(ran.url(ran.held, none)).status_code == 404


def test_rows_as_csv(asking: Asking, ran: Ran) -> None:
    found = table(asking(Role.VIEWER), ran.url(ran.held, "rows.csv?outcome=matched"))
    assert [(one["Line"], one["Local ID"]) for one in found] == [
        ("1", "100001"),
        ("2", "100003"),
        ("3", "100004"),
    ]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", [1, 2, 3]),
        ("?kind=update", [1]),
        ("?field=plan_type", [1, 2, 3]),
        ("?school=S1&kind=add", [2, 3]),
        ("?school=S2", []),
        ("?line=3", [3]),
        ("?kind=nonsense&record=nonsense", [1, 2, 3]),
        ("?skipped=yes", []),
    ],
)
def test_changes_are_filtered_by_the_address(
    query: str, shown: list[int], asking: Asking, ran: Ran
) -> None:
    answer = asking(Role.VIEWER).get(ran.url(ran.held, f"changes/{query}"))
    assert lines(answer.context["rows"]) == shown
    assert answer.context["total"] == len(shown)


def test_changes_show_before_and_after(asking: Asking, ran: Ran) -> None:
    shown = asking(Role.VIEWER).get(ran.url(ran.held, "changes/?kind=update")).content.decode()
    assert '<span class="before">10</span>' in shown
    assert '<span class="after">20</span>' in shown


def test_a_students_changes_are_asked_for_by_a_posted_id(asking: Asking, ran: Ran) -> None:
    client, where = asking(Role.VIEWER), ran.url(ran.held, "changes/")
    answer = client.post(where, {"id": "0000000003"})
    assert "100003" not in answer["Location"]
    assert lines(client.get(answer["Location"]).context["rows"]) == [2]


def test_changes_as_csv_have_a_line_a_field(asking: Asking, ran: Ran) -> None:
    found = table(asking(Role.VIEWER), ran.url(ran.held, "changes.csv?kind=update"))
    assert [(one["Field"], one["Before"], one["After"]) for one in found] == [
        ("plan_type", "10", "20")
    ]


def test_one_row_as_csv(asking: Asking, ran: Ran) -> None:
    found = table(asking(Role.VIEWER), ran.url(ran.held, "rows/students/1.csv"))
    written = {one["Field"]: one["Value"] for one in found if one["What"] == "written"}
    assert (written["SSID"], written["PLAN_TYPE"]) == ("0000000001", "20")
    (changed,) = [one for one in found if one["What"] == "update"]
    assert (changed["Field"], changed["Before"], changed["Value"]) == ("Type of plan", "10", "20")


def test_who_saw_and_exported_is_written_down(asking: Asking, ran: Ran) -> None:
    client = asking(Role.VIEWER)
    told = AuditEntry.objects.filter(district=ran.town.district, what__startswith="run ")
    before = told.count()
    for part in ("rows/", "changes/", "rows.csv", "changes.csv", "rows/students/1/"):
        assert client.get(ran.url(ran.held, part)).status_code == 200
    assert list(told.order_by("pk").values_list("action", "what"))[before:] == [
        ("saw", f"run {ran.held.pk}"),
        ("saw", f"run {ran.held.pk}"),
        ("exported", f"run {ran.held.pk}"),
        ("exported", f"run {ran.held.pk}"),
        ("saw", f"run {ran.held.pk}"),
    ]


def test_another_district_has_none_of_it(asking: Asking, ran: Ran) -> None:
    client, other = asking(Role.ADMIN), another_town(ran.town)
    for part in ("", "rows/", "changes/", "findings/", "reports/", "review/", "rows.csv"):
        assert client.get(f"/d/{other.code}/runs/{ran.held.pk}/{part}").status_code == 404
