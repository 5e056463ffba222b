"""Findings, reports, mail, settings used, failed rows and undo of a run, to look at."""

import csv
import io
from urllib.parse import quote

from tests.console.held import Ran
from tests.console.held import shared_ran as ran
from tests.console.people import Asking
from tests.hostile_names import HOSTILE_NAMES
from tests.town_fixtures import shared_town as town

from rollcall.access.roles import Role
from rollcall.engine.models import Run

__all__ = ["ran", "town"]


def test_findings_by_cause_lead_to_their_rows(asking: Asking, ran: Ran) -> None:
    client = asking(Role.VIEWER)
    causes = client.get(ran.url(ran.held, "findings/")).context["causes"]
    by_code = {row["cause"].code: row for row in causes}
    unknown = by_code["match.unknown_state_id"]
    assert (unknown["cause"].count, str(unknown["cause"].trend)) == (1, "new")
    rows = client.get(unknown["rows"]).context["rows"]
    assert [one["line"] for one in rows] == [4]
    assert by_code["guard.exceeded"]["rows"] == ""


def test_findings_as_csv(asking: Asking, ran: Ran) -> None:
    client = asking(Role.VIEWER)
    text = client.get(ran.url(ran.held, "findings.csv")).getvalue().decode("utf-8-sig")
    codes = [one["Code"] for one in csv.DictReader(io.StringIO(text))]
    assert "match.unknown_state_id" in codes
    where = ran.url(ran.held, "findings/rows.csv?code=match.unknown_state_id&input=students")
    text = client.get(where).getvalue().decode("utf-8-sig")
    assert [one["Line"] for one in csv.DictReader(io.StringIO(text))] == ["4"]


def test_a_cause_the_run_has_not_is_not_there(asking: Asking, ran: Ran) -> None:
    where = ran.url(ran.held, "findings/rows/?code=nonsense")
    assert asking(Role.VIEWER).get(where).status_code == 404


def test_the_mail_is_shown_with_what_became_of_it(asking: Asking, ran: Ran) -> None:
    shown = asking(Role.VIEWER).get(ran.url(ran.done, "mail/"))
    (mail,) = shown.context["mails"]
    assert (mail["mail"].recipient, mail["word"]) == ("data@example.org", "Sent")
    assert shown.context["subject"] == ran.town.mails()[-2]["Subject"]


def test_settings_used_and_what_is_different_now(asking: Asking, ran: Ran) -> None:
    shown = asking(Role.VIEWER).get(ran.url(ran.done, "settings/")).context
    values = {field.name: value for field, value in shown["fields"]}
    assert values["students_file"] == "A.csv"
    assert "guards.add.percent" in [one.field for one in shown["changes"]]
    assert not asking(Role.VIEWER).get(ran.url(ran.held, "settings/")).context["changes"]


def test_limits_and_files_are_csv_files(asking: Asking, ran: Ran) -> None:
    viewer = asking(Role.VIEWER)
    limits = viewer.get(ran.url(ran.held, "limits.csv")).getvalue().decode()
    assert "add,Special-education records,0,2,exceeded" in limits
    files = viewer.get(ran.url(ran.held, "files.csv")).getvalue().decode()
    assert "students,A.csv," in files


def test_the_form_for_spreadsheets_is_offered_first(asking: Asking, ran: Ran) -> None:
    client = asking(Role.OPERATOR)
    answer = client.get(ran.url(ran.held, "failed-rows/"))
    ((safe,), (original,)) = answer.context["files"].values()
    shown = answer.content.decode()
    assert shown.index("Open in a spreadsheet") < shown.index("Original rows")
    assert shown.index(safe) < shown.index(original)
    sent = client.get(ran.url(ran.held, f"failed-rows/{safe}"))
    assert sent["Content-Disposition"] == f'attachment; filename="{safe}"'
    names, *rows = csv.reader(io.StringIO(sent.getvalue().decode("utf-8-sig")))
    assert names[-5:] == ["OriginalLineNumber", "Outcome", "Error", "WhatToDo", "OriginalText"]
    assert [row[-5:-3] for row in rows][:2] == [["4", "unmatched"], ["5", "rejected"]]
    assert all(row[-3] and row[-2] for row in rows)


def test_a_name_of_no_file_is_not_there(asking: Asking, ran: Ran) -> None:
    client = asking(Role.VIEWER)
    for name in HOSTILE_NAMES:
        for where in ("failed-rows/{}", "reports/{}"):
            answer = client.get(ran.url(ran.held, where.format(quote(name, safe=""))))
            assert answer.status_code in (400, 404), (where, name)


def test_without_a_file_nothing_is_run(asking: Asking, ran: Ran) -> None:
    client = asking(Role.OPERATOR)
    answer = client.post(ran.url(ran.held, "failed-rows/send/"), {"do": "live"}, follow=True)
    assert "needs a file with these rows" in answer.content.decode()
    assert Run.objects.filter(sync=ran.town.sync).latest("pk") == ran.held


def test_only_an_approver_undoes(asking: Asking, ran: Ran) -> None:
    assert asking(Role.OPERATOR).get(ran.url(ran.done, "undo/")).status_code == 403


def test_a_held_run_has_nothing_to_undo(asking: Asking, ran: Ran) -> None:
    shown = asking(Role.APPROVER).get(ran.url(ran.held, "undo/")).content.decode()
    assert "nothing to undo" in shown
