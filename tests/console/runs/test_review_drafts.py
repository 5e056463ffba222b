"""Plan review before anything is decided: why it is held, changes left out from page to page."""

from functools import partial

import pytest
from django.test import Client
from tests.console.held import Ran
from tests.console.held import shared_ran as ran
from tests.console.people import Asking
from tests.town_fixtures import shared_town as town

from rollcall.access.roles import Role
from rollcall.engine.plans import browsing

__all__ = ["ran", "town"]


def choose(client: Client, ran: Ran, *lines: int, do: str = "skip", query: str = "") -> None:
    """Tick the changes of these lines on the page and press the button."""
    rows = client.get(ran.url(ran.held, f"review/{query}")).context["rows"]
    ticked = [one["place"] for one in rows if one["line"] in lines]
    where = ran.url(ran.held, f"review/choose/{query}")
    assert client.post(where, {"change": ticked, "do": do}).status_code == 302


def out(client: Client, ran: Ran) -> list[int]:
    rows = client.get(ran.url(ran.held, "review/")).context["rows"]
    return [one["line"] for one in rows if one["excluded"]]


def test_it_says_which_limit_what_is_allowed_and_what_there_is(asking: Asking, ran: Ran) -> None:
    shown = asking(Role.APPROVER).get(ran.url(ran.held, "review/"))
    tripped = {(one["guard"], one["limit"], one["actual"]) for one in shown.context["tripped"]}
    assert tripped == {("add", 0, 2), ("update", 0, 1), ("rejected", 0, 1)}
    ((name, title, kinds),) = shown.context["record_counts"]
    assert (name, title) == ("special_education", "Special-education records")
    assert kinds == [("add", "added", 2), ("update", "updated", 1)]


def test_what_was_left_out_survives_pages_and_filters_and_can_be_put_back(
    asking: Asking, ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "changes", partial(browsing.changes, size=1))
    client = asking(Role.APPROVER)
    choose(client, ran, 1)
    choose(client, ran, 3, query="?kind=add&after=1")
    monkeypatch.undo()
    assert out(client, ran) == [1, 3]
    choose(client, ran, 1, do="restore")
    assert out(client, ran) == [3]
    only = client.get(ran.url(ran.held, "review/?skipped=yes"))
    assert [one["line"] for one in only.context["rows"]] == [3]
    file = client.get(only.context["csv"]).getvalue().decode()
    assert [line.split(",")[3] for line in file.splitlines()[1:]] == ["3"]


def test_all_that_pass_a_filter_are_left_out_at_once(asking: Asking, ran: Ran) -> None:
    client = asking(Role.APPROVER)
    choose(client, ran, do="skip_all", query="?kind=add")
    assert out(client, ran) == [2, 3]
    choose(client, ran, do="restore_all", query="?kind=add")
    assert out(client, ran) == []


def test_what_one_person_leaves_out_is_their_own(asking: Asking, ran: Ran) -> None:
    choose(asking(Role.APPROVER), ran, 1)
    assert out(asking(Role.APPROVER), ran) == []


def test_a_removal_no_line_asks_for_is_left_out_by_itself(asking: Asking, ran: Ran) -> None:
    from rollcall.console.runs import exclusion_drafts
    from rollcall.core.plans.exclusion import Exclusion

    removal = {"line": None, "input": "", "key": {"local_id": "1", "service_code": None}}
    left = exclusion_drafts.skip(Exclusion(), "service", [removal, removal])
    assert left.keys == {"service": (removal["key"],)}
    assert not exclusion_drafts.restore(left, "service", [removal])


def test_an_operator_sees_it_and_cannot_decide(asking: Asking, ran: Ran) -> None:
    client = asking(Role.OPERATOR)
    shown = client.get(ran.url(ran.held, "review/")).content.decode()
    assert "Anyone with the Approver role can decide" in shown
    assert 'type="checkbox"' not in shown
    for deed in ("approve", "discard", "choose"):
        assert client.post(ran.url(ran.held, f"review/{deed}/")).status_code == 403
