"""Findings, reports, mail, settings used, failed rows and undo of a run."""

import csv
import io
from urllib.parse import quote

from django.core.files.uploadedfile import SimpleUploadedFile
from tests.console.held import Ran, ran
from tests.console.people import Asking
from tests.hostile_names import HOSTILE_NAMES
from tests.town import RowMaker

from rollcall.access.models import AuditEntry
from rollcall.access.roles import Role
from rollcall.core.files.file_names import attachment
from rollcall.engine.models import Run, RunState

__all__ = ["ran"]


def test_findings_by_cause_lead_to_their_rows(asking: Asking, ran: Ran) -> None:
    client = asking(Role.VIEWER)
    causes = client.get(ran.url(ran.held, "findings/")).context["causes"]
    by_code = {row["cause"].code: row for row in causes}
    unknown = by_code["match.unknown_state_id"]
    assert (unknown["cause"].count, str(unknown["cause"].trend)) == (1, "new")
    rows = client.get(unknown["rows"]).context["rows"]
    assert [one["line"] for one in rows] == [4]
    assert by_code["guard.exceeded"]["rows"] == ""


def test_what_was_resolved_since_is_listed(asking: Asking, ran: Ran, table_a: RowMaker) -> None:
    ran.town.drop("A.csv", table_a(SSID="0000000001", PLAN_TYPE="10").encode())
    later = ran.town.run(forced=True)
    found = asking(Role.VIEWER).get(ran.url(later, "findings/")).context
    assert "match.unknown_state_id" in [row["cause"].code for row in found["resolved"]]


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


def test_a_report_is_downloaded_and_that_is_written_down(asking: Asking, ran: Ran) -> None:
    client, name = asking(Role.VIEWER), "CASEMIS_TypeA_ImportedRecords.csv"
    shown = client.get(ran.url(ran.done, "reports/")).content.decode()
    assert ran.url(ran.done, f"reports/{name}") in shown
    answer = client.get(ran.url(ran.done, f"reports/{name}"))
    assert b"0000000001" in answer.getvalue()
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    entry = AuditEntry.objects.get(district=ran.town.district, action="exported")
    assert entry.detail == {"report": name}
    assert client.get(ran.url(ran.done, "reports/nothing.csv")).status_code == 404


def test_a_report_that_was_removed_says_so(asking: Asking, ran: Ran) -> None:
    ran.done.artifacts.filter(kind="report").update(removed_at=ran.town.clock.now())
    client = asking(Role.VIEWER)
    where = ran.url(ran.done, "reports/CASEMIS_TypeA_ImportedRecords.csv")
    assert "removed because of its age" in client.get(where, follow=True).content.decode()


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


def test_failed_rows_are_downloaded_corrected_and_run_by_themselves(
    asking: Asking, ran: Ran, table_a: RowMaker
) -> None:
    client = asking(Role.OPERATOR)
    (name,) = client.get(ran.url(ran.held, "failed-rows/")).context["files"]["original"]
    content = client.get(ran.url(ran.held, f"failed-rows/{name}")).getvalue().decode()
    wrong = [table_a(SSID="0000000009", PLAN_TYPE="30"), table_a(SSID="0000000005", PLAN_TYPE="99")]
    assert content.split("\n")[:2] == wrong
    ran.town.apply()
    mended = content.replace("0000000009", "0000000003").replace("99", "10")
    file = SimpleUploadedFile("mended.csv", mended.encode())
    where = ran.url(ran.held, "failed-rows/send/")
    answer = client.post(where, {"students": file, "do": "live"})
    begun = Run.objects.filter(sync=ran.town.sync).latest("pk")
    assert answer["Location"] == ran.url(begun)
    done = ran.town.execute(begun)
    assert (done.state, done.partial, done.test) == (RunState.DONE, True, False)
    assert ran.plans() == {"100001": "10", "100003": "30", "100005": "10"}


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


def test_a_download_is_called_by_one_plain_name(asking: Asking, ran: Ran) -> None:
    stored, client = ran.held.artifacts.get(kind="input", name="students"), asking(Role.VIEWER)
    for name in HOSTILE_NAMES:
        stored.source = {"upload": name.replace("\0", "")}
        stored.save()
        files = client.get(ran.url(ran.held, "failed-rows/")).context["files"]
        for one in (*files["safe"], *files["original"]):
            answer = client.get(ran.url(ran.held, f"failed-rows/{quote(one)}"))
            assert answer.status_code == 200, name
            assert answer["Content-Disposition"] == attachment(one), name


def test_corrected_rows_are_tested_unless_one_says_otherwise(asking: Asking, ran: Ran) -> None:
    file = SimpleUploadedFile("mended.csv", b"x")
    asking(Role.OPERATOR).post(ran.url(ran.held, "failed-rows/send/"), {"students": file})
    begun = Run.objects.filter(sync=ran.town.sync).latest("pk")
    assert (begun.test, begun.partial) == (True, True)


def test_without_a_file_nothing_is_run(asking: Asking, ran: Ran) -> None:
    client = asking(Role.OPERATOR)
    answer = client.post(ran.url(ran.held, "failed-rows/send/"), {"do": "live"}, follow=True)
    assert "needs a file with these rows" in answer.content.decode()
    assert Run.objects.filter(sync=ran.town.sync).latest("pk") == ran.held


def test_an_undo_is_tested_first_then_done(asking: Asking, ran: Ran) -> None:
    client, where = asking(Role.APPROVER), ran.url(ran.done, "undo/")
    refused = client.post(where, {"do": "live"}, follow=True)
    assert "was not tested yet" in refused.content.decode()
    for do, plans in (("test", {"100001": "10"}), ("live", {})):
        answer = client.post(where, {"do": do})
        begun = Run.objects.filter(undo_of=ran.done).latest("pk")
        assert answer["Location"] == ran.url(begun)
        assert (begun.test, begun.person != "") == (do == "test", True)
        ran.town.execute(begun)
        assert ran.plans() == plans
    assert "undone already" in client.get(where).content.decode()
    assert f'Undone by <a href="{ran.url(begun)}"' in client.get(ran.url(ran.done)).content.decode()
    entries = AuditEntry.objects.filter(district=ran.town.district, what=f"run {ran.done.pk}")
    assert list(entries.order_by("pk").values_list("action", flat=True)) == ["started", "undid"]


def test_the_changes_of_an_undo_can_be_looked_at(asking: Asking, ran: Ran) -> None:
    from rollcall.engine.runs.undoing import start_undo

    undone = ran.town.execute(start_undo(ran.done, "approver", ran.town.clock, test=True))
    client = asking(Role.APPROVER)
    shown = client.get(ran.url(undone))
    assert shown.context["actions"]["undo_tested"]
    rows = client.get(ran.url(undone, "changes/")).context["rows"]
    assert [one["change"] for one in rows] == ["remove"]
    assert "Nothing to list" in client.get(ran.url(undone, "rows/")).content.decode()


def test_only_an_approver_undoes(asking: Asking, ran: Ran) -> None:
    assert asking(Role.OPERATOR).get(ran.url(ran.done, "undo/")).status_code == 403


def test_a_held_run_has_nothing_to_undo(asking: Asking, ran: Ran) -> None:
    shown = asking(Role.APPROVER).get(ran.url(ran.held, "undo/")).content.decode()
    assert "nothing to undo" in shown
