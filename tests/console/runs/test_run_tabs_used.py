"""Findings resolved, reports downloaded, failed rows sent again and undo: what changes the runs."""

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


def test_what_was_resolved_since_is_listed(asking: Asking, ran: Ran, table_a: RowMaker) -> None:
    ran.town.drop("A.csv", table_a(SSID="0000000001", PLAN_TYPE="10").encode())
    later = ran.town.run(forced=True)
    found = asking(Role.VIEWER).get(ran.url(later, "findings/")).context
    assert "match.unknown_state_id" in [row["cause"].code for row in found["resolved"]]


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
