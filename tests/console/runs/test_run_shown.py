"""The page of a run as it stands: its numbers as links, and itself again while it goes on."""

import re

from django.test import Client
from tests.console.held import Ran
from tests.console.held import shared_ran as ran
from tests.console.people import Asking
from tests.town_fixtures import shared_town as town

from rollcall.access.roles import Role
from rollcall.engine.models import Run, RunState
from rollcall.engine.runs.starting import start

__all__ = ["ran", "town"]

_HTMX = {"HX-Request": "true"}


def page(client: Client, where: str) -> str:
    answer = client.get(where)
    assert answer.status_code == 200, where
    return answer.content.decode()


def test_the_banner_says_how_it_stands_what_to_do_and_who(asking: Asking, ran: Ran) -> None:
    answer = asking(Role.VIEWER).get(ran.url(ran.held))
    told = answer.context["banner"]
    assert (told.tone, "Held" in told.meaning) == ("attention", True)
    assert "1 of 1 records" in told.why
    assert "apply all or some of them" in told.do
    assert told.who == "anyone with the Approver role"


def test_a_done_run_with_nothing_to_do_says_only_that(asking: Asking, ran: Ran) -> None:
    told = asking(Role.VIEWER).get(ran.url(ran.done)).context["banner"]
    assert (told.tone, told.meaning, told.do, told.who) == ("ok", "Done", "", "")


def test_each_number_leads_to_as_many_rows_or_changes(asking: Asking, ran: Ran) -> None:
    client = asking(Role.VIEWER)
    groups = client.get(ran.url(ran.held)).context["groups"]
    cards = [card for group in groups for card in group.cards if card.address and card.number]
    assert {card.label: card.number for card in cards} == {
        "Read": 5,
        "Matched": 3,
        "Unmatched": 1,
        "Rejected": 1,
        "Added": 2,
        "Updated": 1,
    }
    for card in cards:
        assert len(client.get(card.address).context["rows"]) == card.number, card


def test_while_it_goes_on_it_asks_for_itself_again(asking: Asking, ran: Ran) -> None:
    waiting = start(ran.town.sync, ran.town.clock, by="person", test=True)
    client = asking(Role.VIEWER)
    shown = page(client, ran.url(waiting))
    assert f'hx-get="{ran.url(waiting)}"' in shown
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in shown
    part = client.get(ran.url(waiting), headers=_HTMX).content.decode()
    assert "Fetch the files" in part
    assert "<html" not in part


def test_the_step_bar_counts_rows(asking: Asking, ran: Ran) -> None:
    waiting = start(ran.town.sync, ran.town.clock, by="person", test=True)
    now = {"step": "read", "started_at": ran.town.clock.now().isoformat(), "finished_at": None}
    Run.objects.filter(pk=waiting.pk).update(
        state=RunState.RUNNING, step="read", steps=[now], rows_done=1200, rows_expected=5000
    )
    part = asking(Role.VIEWER).get(ran.url(waiting), headers=_HTMX).content.decode()
    assert "1,200 of about 5,000 rows" in part
    assert re.search(r'<li class="now" aria-current="step">Read', part)


def test_when_it_is_over_the_whole_page_comes_again(asking: Asking, ran: Ran) -> None:
    answer = asking(Role.VIEWER).get(ran.url(ran.done), headers=_HTMX)
    assert answer["HX-Refresh"] == "true"


def test_the_buttons_are_for_those_who_may(asking: Asking, ran: Ran) -> None:
    for role, undo in ((Role.OPERATOR, False), (Role.APPROVER, True)):
        does = asking(role).get(ran.url(ran.done)).context["actions"]
        assert does["undo"] is undo
    assert asking(Role.VIEWER).get(ran.url(ran.held)).context["actions"]["review"]
