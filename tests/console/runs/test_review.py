"""Plan review: leave changes out, approve or discard, stale."""

import pytest
from django.test import Client
from tests.console.held import STRICT, Ran, ran
from tests.console.people import Asking, client_of, somebody
from tests.console.runs.test_review_drafts import choose, out

from rollcall.access.models import AuditEntry
from rollcall.access.roles import Role
from rollcall.engine.models import Approval, RunState
from rollcall.engine.runs.starting import start

__all__ = ["ran"]


def approve(client: Client, ran: Ran, note: str = "") -> str:
    """Press Approve and let the worker work; what the next page says."""
    answer = client.post(ran.url(ran.held, "review/approve/"), {"note": note})
    said = client.get(answer["Location"]).content.decode()
    ran.held.refresh_from_db()
    if ran.held.state == RunState.QUEUED:
        ran.town.execute(ran.held)
        ran.held.refresh_from_db()
    return said


def test_approving_writes_all_of_it(asking: Asking, ran: Ran) -> None:
    assert "Approved" in approve(asking(Role.APPROVER), ran, "as announced")
    assert ran.held.state == RunState.DONE
    assert ran.plans() == {"100001": "20", "100003": "20", "100004": "30"}
    assert Approval.objects.get(run=ran.held).note == "as announced"


def test_what_was_left_out_stays_as_it_was(asking: Asking, ran: Ran) -> None:
    client = asking(Role.APPROVER)
    choose(client, ran, 1, 3)
    assert out(client, ran) == [1, 3]
    assert client.get(ran.url(ran.held, "review/")).context["skipped"] == 2
    approve(client, ran)
    assert ran.plans() == {"100001": "10", "100003": "20"}


def test_discarding_writes_nothing(asking: Asking, ran: Ran) -> None:
    client = asking(Role.APPROVER)
    answer = client.post(ran.url(ran.held, "review/discard/"), {"note": "wrong file"})
    assert "Discarded" in client.get(answer["Location"]).content.decode()
    ran.held.refresh_from_db()
    assert (ran.held.state, ran.plans()) == (RunState.DISCARDED, {"100001": "10"})


def test_a_stale_plan_is_refused_in_words(asking: Asking, ran: Ran) -> None:
    ran.town.apply(guards={**STRICT, "add": {"percent": 1}})
    said = approve(asking(Role.APPROVER), ran)
    assert ran.held.state == RunState.STALE
    assert "the sync&#x27;s settings were changed" in said
    assert "Run the sync again, look at the new plan" in said
    assert ran.plans() == {"100001": "10"}


def test_what_would_be_refused_is_said_before_it_is_approved(asking: Asking, ran: Ran) -> None:
    ran.town.apply(guards={**STRICT, "add": {"percent": 1}})
    page = asking(Role.APPROVER).get(ran.url(ran.held, "review/")).content.decode()
    assert "can no longer be approved: the sync&#x27;s settings were changed" in page
    assert "disabled>Apply changes" in page


def test_records_that_moved_make_it_stale_when_it_is_carried_out(asking: Asking, ran: Ran) -> None:
    from rollcall.integrations.casemis.models import SpecialEducation

    SpecialEducation.objects.filter(district=ran.town.district).update(plan_type="70")
    client = asking(Role.APPROVER)
    approve(client, ran)
    told = client.get(ran.url(ran.held)).context["banner"]
    assert (ran.held.state, told.tone) == (RunState.STALE, "attention")
    assert "records have changed" in told.why


def test_a_run_is_decided_about_once(asking: Asking, ran: Ran) -> None:
    client = asking(Role.APPROVER)
    approve(client, ran)
    assert "Only a held run can be approved" in approve(client, ran)
    answer = client.get(ran.url(ran.held, "review/"))
    assert answer["Location"] == ran.url(ran.held)


@pytest.fixture
def strict(ran: Ran) -> Ran:
    """Two people and a note are wanted, and the held run was started by an approver."""
    rules = {"different_person": True, "note": "required"}
    ran.town.apply(guards=STRICT, approval=rules)
    return ran


def test_who_started_it_may_not_approve_it_where_that_is_set(asking: Asking, strict: Ran) -> None:
    starter, other = (somebody(strict.town, Role.APPROVER) for _ in range(2))
    run = start(strict.town.sync, strict.town.clock, by="person", person=starter.email)
    strict.held = strict.town.execute(run)
    assert strict.held.state == RunState.HELD
    client = client_of(starter)
    assert client.get(strict.url(strict.held, "review/")).context["refusal"] is not None
    assert "cannot approve it" in approve(client, strict, "fine")
    assert strict.held.state == RunState.HELD
    assert client_of(other).get(strict.url(strict.held, "review/")).context["refusal"] is None
    approve(client_of(other), strict, "fine")
    assert strict.held.state == RunState.DONE


def test_a_note_is_wanted_where_that_is_set(asking: Asking, strict: Ran) -> None:
    strict.held = strict.town.run()
    client = asking(Role.APPROVER)
    assert "requires a note" in approve(client, strict)
    answer = client.post(strict.url(strict.held, "review/discard/"))
    assert "requires a note" in client.get(answer["Location"]).content.decode()
    strict.held.refresh_from_db()
    assert strict.held.state == RunState.HELD


def test_who_decided_is_written_down(asking: Asking, ran: Ran) -> None:
    client = asking(Role.APPROVER)
    choose(client, ran, 1)
    approve(client, ran)
    entry = AuditEntry.objects.get(district=ran.town.district, action="approved")
    assert (entry.what, entry.detail) == (f"run {ran.held.pk}", {"skipped": 1})
