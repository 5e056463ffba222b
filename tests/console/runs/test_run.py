"""The page of a run after it failed, was tested, approved in part, or lost its plan."""

from tests.console.held import Ran, ran
from tests.console.people import Asking
from tests.console.runs.test_run_shown import page

from rollcall.access.roles import Role
from rollcall.engine.models import Run

__all__ = ["ran"]


def test_a_failure_says_what_its_finding_says(asking: Asking, ran: Ran) -> None:
    (ran.town.outgoing / "A.csv").unlink()
    failed = ran.town.run()
    told = asking(Role.VIEWER).get(ran.url(failed)).context["banner"]
    assert (told.tone, told.do) == ("bad", failed.findings[0]["what_to_do"])


def test_what_was_left_out_is_counted_apart(asking: Asking, ran: Ran) -> None:
    from rollcall.core.plans.exclusion import Exclusion
    from rollcall.engine.runs import approving

    out = Exclusion({"students": frozenset([3])})
    ran.town.execute(approving.approve(ran.held, "approver", ran.town.clock, "", out))
    client = asking(Role.VIEWER)
    (_, changes) = client.get(ran.url(ran.held)).context["groups"]
    numbers = {card.label: card.number for card in changes.cards if card.number}
    assert numbers == {"Added": 1, "Updated": 1, "Skipped": 1}
    for card in changes.cards:
        if card.number:
            assert len(client.get(card.address).context["rows"]) == card.number, card


def test_a_test_run_says_so_on_each_of_its_pages(asking: Asking, ran: Ran) -> None:
    tested = ran.town.run(test=True)
    client = asking(Role.VIEWER)
    for tab in ("", "rows/", "changes/", "findings/", "reports/", "mail/", "settings/"):
        shown = page(client, ran.url(tested, tab))
        assert "TEST: no data was written" in shown, tab
        assert f"TEST run {tested.pk}" in shown, tab
    assert "TEST: no data was written" not in page(client, ran.url(ran.done))


def test_rows_carried_over_are_said_with_the_run_they_are_of(asking: Asking, ran: Ran) -> None:
    Run.objects.filter(pk=ran.held.pk).update(carried=2, carried_from=ran.done)
    shown = page(asking(Role.VIEWER), ran.url(ran.held))
    assert "2 rows did not change since" in shown
    assert f'<a href="{ran.url(ran.done)}">run {ran.done.pk}</a>' in shown


def test_the_numbers_stay_when_the_plan_was_removed(asking: Asking, ran: Ran) -> None:
    ran.held.artifacts.filter(kind="plan").update(removed_at=ran.town.clock.now())
    client = asking(Role.VIEWER)
    groups = client.get(ran.url(ran.held)).context["groups"]
    assert [card.number for card in groups[0].cards] == [5, 3, 1, 0, 0, 1]
    assert not any(card.address for group in groups for card in group.cards)
    for tab in ("rows/", "changes/", "review/"):
        assert "removed because of their age" in page(client, ran.url(ran.held, tab))
