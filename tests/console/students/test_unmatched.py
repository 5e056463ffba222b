"""The unmatched inbox and its decisions: what is shown, decided, undone, listed and taken back."""

import csv
import io

import polars as pl
import pytest
from django.http import HttpResponse
from django.test import Client
from tests.console.people import Asking, another_town, client_of, somebody
from tests.town import RowMaker, Town

from rollcall.access.models import AuditEntry
from rollcall.access.roles import Role
from rollcall.engine.models import Run
from rollcall.records.models import MatchDecision, Student

PART = {"HX-Request": "true"}


@pytest.fixture
def run(town: Town, students: pl.DataFrame, table_a: RowMaker) -> Run:
    town.load({"students": students})
    rows = [
        table_a(SSID="0000000091", LAST_NAME="Garcia", FIRST_NAME="Elena", BIRTHDATE="03/14/2008"),
        table_a(LAST_NAME="Lee", FIRST_NAME="Kim", BIRTHDATE="05/09/2007"),
        table_a(SSID="0000000003"),
    ]
    town.drop("A.csv", "\n".join(rows).encode())
    return town.run()


@pytest.fixture
def steward(asking: Asking, run: Run) -> Client:
    return asking(Role.STEWARD)


def number(town: Town, local_id: str) -> int:
    return Student.objects.get(district=town.district, local_id=local_id).pk


def lines(client: Client, town: Town) -> list[int]:
    cards = client.get(f"/d/{town.code}/unmatched/").context["cards"]
    return [card.row.line for card in cards]


def decide(
    client: Client, town: Town, run: Run, line: int, choice: str, **more: str
) -> HttpResponse:
    data = {"run": str(run.pk), "input": "students", "line": str(line), "choice": choice, **more}
    headers = PART if more.pop("part", "") else {}
    answer = client.post(f"/d/{town.code}/unmatched/decide/", data, headers=headers)
    assert isinstance(answer, HttpResponse)
    return answer


def test_a_row_stands_beside_the_students_like_it(town: Town, run: Run, steward: Client) -> None:
    answer = steward.get(f"/d/{town.code}/unmatched/")
    first, second = answer.context["cards"]
    (elena,) = first.candidates
    assert [cell.label for cell in elena.cells if cell.differs] == ["state id"]
    assert [one.local_id for one in second.candidates] == ["100004", "100005"]
    assert (answer.context["open"], answer.context["new"]) == (2, 2)
    text = answer.content.decode()
    assert '<span class="unseen">different:</span>' in text
    assert "from the next run on" in text


def test_a_viewer_sees_the_rows_and_no_buttons(town: Town, run: Run, asking: Asking) -> None:
    text = asking(Role.VIEWER).get(f"/d/{town.code}/unmatched/").content.decode()
    assert "Garcia, Elena" in text
    assert "/decide/" not in text


def test_a_link_can_be_undone_right_away(town: Town, run: Run, steward: Client) -> None:
    answer = decide(steward, town, run, 1, f"link-{number(town, '100001')}", note="Typing error")
    page = steward.get(answer["Location"])
    assert "Linked to student 100001" in page.content.decode()
    assert lines(steward, town) == [2]
    made = MatchDecision.objects.get(district=town.district)
    assert (made.note, made.local_id) == ("Typing error", "100001")
    undo = f"/d/{town.code}/unmatched/decisions/{made.pk}/revoke/"
    undone = steward.post(undo, {"back": ""})
    assert undone["Location"] == f"/d/{town.code}/unmatched/?"
    assert lines(steward, town) == [1, 2]


def test_the_answer_takes_the_rows_place(town: Town, run: Run, steward: Client) -> None:
    linked = decide(steward, town, run, 1, f"link-{number(town, '100001')}", part="yes")
    assert "Linked to student 100001" in linked.content.decode()
    assert "Undo" in linked.content.decode()
    assert "<article" not in linked.content.decode()


def test_whom_it_is_not_is_gone_and_the_row_stays(
    town: Town, run: Run, steward: Client, students: pl.DataFrame
) -> None:
    answer = decide(steward, town, run, 1, f"different-{number(town, '100001')}", part="yes")
    text = answer.content.decode()
    assert "Not student 100001" in text
    assert "No similar student found" in text
    assert lines(steward, town) == [1, 2]


def test_a_row_is_left_alone_until_a_day(town: Town, run: Run, steward: Client) -> None:
    decide(steward, town, run, 1, "ignore", until="2016-12-08")
    assert lines(steward, town) == [2]
    town.clock.sleep(3 * 24 * 3600)
    assert lines(steward, town) == [1, 2]
    (row,) = steward.get(f"/d/{town.code}/unmatched/decisions/").context["rows"]
    assert row.over


def test_it_is_another_student_by_id(town: Town, run: Run, steward: Client) -> None:
    decide(steward, town, run, 1, "other", local_id=" 100002 ")
    assert MatchDecision.objects.get(district=town.district).local_id == "100002"
    answer = decide(steward, town, run, 2, "other", local_id="999999", part="yes")
    text = answer.content.decode()
    assert "The district has no student of that id" in text
    assert "<article" in text


@pytest.mark.parametrize(
    ("choice", "more", "said"),
    [
        ("other", {}, "Enter the district"),
        ("ignore", {"until": ""}, "Enter a future date"),
        ("ignore", {"until": "2016-12-01"}, "until a day to come"),
        ("link-1", {}, "The district has no student of that id"),
        ("marry-1", {}, "valid"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(
    choice: str, more: dict[str, str], said: str, town: Town, run: Run, steward: Client
) -> None:
    answer = decide(steward, town, run, 1, choice, **more)
    assert said in steward.get(answer["Location"]).content.decode()
    assert not MatchDecision.objects.filter(district=town.district).exists()


def test_a_part_that_lacks_something_asks_for_the_whole_page(
    town: Town, run: Run, steward: Client
) -> None:
    answer = decide(steward, town, run, 1, "other", part="yes")
    assert answer["HX-Redirect"] == f"/d/{town.code}/unmatched/?"
    assert "Enter the district" in steward.get(answer["HX-Redirect"]).content.decode()


def test_back_leads_only_to_the_inbox(town: Town, run: Run, steward: Client) -> None:
    answer = decide(
        steward,
        town,
        run,
        2,
        "ignore",
        until="2017-01-01",
        back="sync=casemis&to=//evil&after=1-0-1",
    )
    assert answer["Location"].startswith(f"/d/{town.code}/unmatched/?sync=casemis&after=1-0-1&")
    assert "evil" not in answer["Location"]


def test_decisions_are_listed_and_taken_back(town: Town, run: Run, steward: Client) -> None:
    decide(steward, town, run, 1, f"link-{number(town, '100001')}", note="Typing error")
    where = f"/d/{town.code}/unmatched/decisions/"
    (row,) = steward.get(where).context["rows"]
    assert (row.word, row.student) == ("Link", number(town, "100001"))
    answer = steward.get(f"/d/{town.code}/unmatched/decisions.csv")
    (line,) = csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig")))
    assert (line["Student"], line["Note"], line["In force"]) == ("100001", "Typing error", "yes")
    revoke = f"{where}{row.decision['number']}/revoke/"
    assert "Decision revoked" in steward.post(revoke, follow=True).content.decode()
    assert "There is no decision of that number" in (
        steward.post(revoke, follow=True).content.decode()
    )
    assert lines(steward, town) == [1, 2]


def test_the_open_rows_as_csv(town: Town, run: Run, steward: Client) -> None:
    answer = steward.get(f"/d/{town.code}/unmatched.csv")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [(row["Line"], row["Last name"], row["Similar students"]) for row in rows] == [
        ("1", "Garcia", "100001"),
        ("2", "Lee", "100004 100005"),
    ]


def test_who_decided_is_written_down(town: Town, run: Run, steward: Client) -> None:
    decide(steward, town, run, 1, f"link-{number(town, '100001')}")
    made = MatchDecision.objects.get(district=town.district)
    steward.post(f"/d/{town.code}/unmatched/decisions/{made.pk}/revoke/")
    entries = AuditEntry.objects.filter(district=town.district).order_by("pk")
    told = [(one.action, one.what) for one in entries]
    assert told[-2:] == [
        ("decided about", f"run {run.pk}, line 1"),
        ("took back", f"decision {made.pk}"),
    ]


def test_a_run_of_another_district_is_not_there(town: Town, run: Run, steward: Client) -> None:
    other = another_town(town)
    stranger = client_of(somebody(other, Role.ADMIN))
    assert decide(stranger, other, run, 1, "ignore", until="2017-01-01").status_code == 404


def test_empty_pages_say_what_they_are_for(town: Town, asking: Asking) -> None:
    client = asking(Role.STEWARD)
    text = client.get(f"/d/{town.code}/unmatched/").content.decode()
    assert "No rows yet" in text
    text = client.get(f"/d/{town.code}/unmatched/decisions/").content.decode()
    assert "No decisions yet" in text
