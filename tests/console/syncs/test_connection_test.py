"""The connection test: begun by a button, followed step by step, of a real folder."""

import re
import shutil

from django.test import Client
from tests.console.people import Asking
from tests.town import Town

from rollcall.access.roles import Role
from rollcall.engine.connections import connection_checks
from rollcall.engine.models import ConnectionCheck

HTMX = {"HX-Request": "true"}


def begin(client: Client, town: Town) -> ConnectionCheck:
    client.post(f"/d/{town.code}/syncs/casemis/test-connection/")
    return ConnectionCheck.objects.filter(district=town.district).latest("pk")


def test_it_is_followed_until_it_is_over(asking: Asking, town: Town) -> None:
    town.drop("A.csv", b"x" * 1234)
    client = asking(Role.OPERATOR)
    made = begin(client, town)
    where = f"/d/{town.code}/connection-tests/{made.pk}/"
    waiting = client.get(where, headers=HTMX).content.decode()
    (follows,) = re.findall(r'hx-get="([^"]+)"', waiting)
    assert follows.startswith(where)
    assert "<html" not in waiting
    assert client.get(follows, headers=HTMX).status_code == 204  # nothing new: nothing is replaced
    connection_checks.carry_out(made.pk, town.clock)
    over = client.get(follows, headers=HTMX).content.decode()
    assert "hx-get" not in over
    titles = ["Open the folder", "List the folder", "Find the file A.csv"]
    assert sorted(titles, key=over.index) == titles
    assert "Newest file: <strong>A.csv</strong>, 1,234 bytes, changed 11 days ago" in over


def test_what_failed_says_what_to_do_and_the_rest_is_not_reached(
    asking: Asking, town: Town
) -> None:
    shutil.rmtree(town.outgoing)
    client = asking(Role.OPERATOR)
    made = begin(client, town)
    connection_checks.carry_out(made.pk, town.clock)
    shown = client.get(f"/d/{town.code}/connection-tests/{made.pk}/").content.decode()
    assert "Not all steps passed" in shown
    assert "What to do:" in shown
    assert shown.count("not reached") == 2


def test_one_that_no_worker_begins_says_so(asking: Asking, town: Town) -> None:
    client = asking(Role.OPERATOR)
    made = begin(client, town)
    town.clock.sleep(60)
    shown = client.get(f"/d/{town.code}/connection-tests/{made.pk}/").content.decode()
    assert "No worker has started this test" in shown


def test_the_button_of_a_page_is_answered_with_the_checklist_alone(
    asking: Asking, town: Town
) -> None:
    where = f"/d/{town.code}/syncs/casemis/test-connection/"
    shown = asking(Role.OPERATOR).post(where, headers=HTMX).content.decode()
    assert "Waiting for a worker" in shown
    assert "<html" not in shown


def test_who_may_only_look_follows_it_too(asking: Asking, town: Town) -> None:
    made = begin(asking(Role.OPERATOR), town)
    where = f"/d/{town.code}/connection-tests/{made.pk}/"
    shown = asking(Role.VIEWER).get(where).content.decode()
    assert "Waiting for a worker" in shown
    assert "Test connection again" not in shown
