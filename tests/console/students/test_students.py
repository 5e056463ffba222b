"""Finding a student: what is typed stands in no address, and one hit leads to the student."""

import csv
import io

import polars as pl
import pytest
from django.test import Client
from tests.clock import FakeClock
from tests.console.people import Asking, another_town, client_of, somebody
from tests.town import NOW, Town

from rollcall.access.models import AuditEntry
from rollcall.access.roles import Role
from rollcall.console.frame.visit import Visit
from rollcall.console.students.search_tokens import LASTS, text_of, token_of
from rollcall.records.models import Student


@pytest.fixture
def client(town: Town, students: pl.DataFrame, asking: Asking) -> Client:
    town.load({"students": students})
    return asking(Role.VIEWER)


def found(client: Client, town: Town, text: str) -> str:
    """Where a search leads."""
    answer = client.post(f"/d/{town.code}/students/", {"text": text})
    assert answer.status_code == 302
    return str(answer["Location"])


def names(client: Client, where: str) -> list[str]:
    return [one.local_id for one in client.get(where).context["page"].students]


def test_several_students_are_listed_under_a_token(client: Client, town: Town) -> None:
    where = found(client, town, "lee")
    assert "lee" not in where.lower()
    assert names(client, where) == ["100004", "100005"]
    again = found(client, town, "lee")
    assert again.split("=")[1] != where.split("=")[1]


def test_one_student_is_opened(client: Client, town: Town) -> None:
    elena = Student.objects.get(district=town.district, local_id="100001")
    for text in ("garcia", "garcia, el", "100001", "0000000001"):
        assert found(client, town, text) == f"/d/{town.code}/students/{elena.pk}/"


def test_nobody_is_found_and_nothing_is_typed(client: Client, town: Town) -> None:
    answer = client.get(found(client, town, "zzz"))
    assert "No matching students" in answer.content.decode()
    answer = client.post(f"/d/{town.code}/students/", {"text": " "})
    assert "Enter the first letters" in answer.content.decode()


def test_pages_go_on_by_a_mark_of_numbers(client: Client, town: Town) -> None:
    rows = [(f"9{n:05}", "Lopez", "Ana") for n in range(30)]
    frame = pl.DataFrame(rows, schema=["local_id", "last_name", "first_name"], orient="row")
    Student.objects.bulk_create(
        Student(district=town.district, **row) for row in frame.rows(named=True)
    )
    where = found(client, town, "lopez")
    first = client.get(where).context["page"]
    rest = names(client, f"{where}&after={first.next}")
    assert (len(first.students), len(rest)) == (25, 5)
    answer = client.get(where.replace("/students/", "/students.csv"))
    told = csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig")))
    assert [row["District ID"] for row in told] == frame["local_id"].to_list()


def test_a_token_is_of_one_person_one_district_and_one_day(town: Town) -> None:
    person = somebody(town, Role.VIEWER)
    clock = FakeClock(NOW)
    visit = Visit(person, town.district, Role.VIEWER, clock)
    token = token_of(visit, "García, E")
    assert text_of(visit, token) == "García, E"
    other = Visit(somebody(town, Role.VIEWER), town.district, Role.VIEWER, clock)
    elsewhere = Visit(person, another_town(town).district, Role.VIEWER, clock)
    assert text_of(other, token) is text_of(elsewhere, token) is text_of(visit, "né") is None
    clock.sleep(LASTS + 1)
    assert text_of(visit, token) is None


def test_a_search_that_is_over_says_so(client: Client, town: Town) -> None:
    for page in ("students/", "students.csv"):
        answer = client.get(f"/d/{town.code}/{page}?search=nonsense", follow=True)
        assert "That search has expired" in answer.content.decode()


def test_who_saw_whom_is_written_down_without_a_name(client: Client, town: Town) -> None:
    client.get(found(client, town, "lee"))
    elena = Student.objects.get(district=town.district, local_id="100001")
    client.get(f"/d/{town.code}/students/{elena.pk}/")
    seen = AuditEntry.objects.filter(district=town.district, action="saw").order_by("pk")
    assert list(seen.values_list("what", flat=True)) == ["students found", f"student {elena.pk}"]
    assert "ee" not in str(list(seen.values_list("detail", flat=True)))


def test_students_of_another_district_are_not_there(client: Client, town: Town) -> None:
    other = another_town(town)
    elena = Student.objects.get(district=town.district, local_id="100001")
    stranger = client_of(somebody(other, Role.ADMIN))
    for page in ("", "timeline/", "rows/", f"edit/student/{elena.pk}/"):
        assert stranger.get(f"/d/{other.code}/students/{elena.pk}/{page}").status_code == 404
