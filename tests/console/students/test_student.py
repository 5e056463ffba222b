"""A student's pages: records, timeline, last row; and editing a record."""

import csv
import io
import re
from datetime import date

import polars as pl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.console.people import Asking
from tests.town import RowMaker, Town

from rollcall.access.models import AuditEntry
from rollcall.access.roles import Role
from rollcall.engine.models import Run
from rollcall.integrations.casemis.models import SpecialEducation
from rollcall.records.models import Demographics, Program, Student


@pytest.fixture
def run(town: Town, students: pl.DataFrame, table_a: RowMaker) -> Run:
    town.load({"students": students})
    good = table_a(SSID="0000000001", PLAN_TYPE="10")
    town.drop("A.csv", f"{table_a(SSID='0000000003', PLAN_TYPE='10')}\n{good}\n".encode())
    return town.run()


@pytest.fixture
def elena(town: Town, run: Run) -> Student:
    return Student.objects.get(district=town.district, local_id="100001")


@pytest.fixture
def steward(asking: Asking) -> Client:
    return asking(Role.STEWARD)


def address(town: Town, student: Student, page: str = "") -> str:
    return f"/d/{town.code}/students/{student.pk}/{page}"


def form_of(client: Client, where: str) -> dict[str, str]:
    """What a browser would post of the form at an address, as it was opened."""
    text = client.get(where).content.decode()
    fields = dict(
        re.findall(r'<input type="hidden" name="(initial-\w+|seen)" value="([^"]*)"', text)
    )
    shown = {name.removeprefix("initial-"): value for name, value in fields.items()}
    return {**fields, **shown}


def test_the_records_and_ids_of_a_student(town: Town, elena: Student, steward: Client) -> None:
    answer = steward.get(address(town, elena))
    assert answer.context["ids"] == {"district": "100001", "state": "0000000001"}
    text = answer.content.decode()
    assert "García, Elena" in text
    assert "Type of plan" in text
    assert re.search(r"10\s*<span[^>]*>IEP or IFSP", text)
    assert "Edit special-education record" in text


def test_demographics_and_programs_are_shown_where_there_are_some(
    town: Town, elena: Student, steward: Client
) -> None:
    assert "Programs" not in steward.get(address(town, elena)).content.decode()
    about = {"district": town.district, "local_id": elena.local_id}
    demographics = Demographics.objects.create(**about, races="Asian; White")
    Program.objects.create(
        **about,
        school_code="0100",
        school_year="2016-2017",
        program_type="PSEO Program",
        program_name="PSEO",
        begin_date=date(2016, 9, 6),
    )
    text = steward.get(address(town, elena)).content.decode()
    assert "Edit demographics" in text
    assert "PSEO Program" in text
    edit = address(town, elena, f"edit/demographics/{demographics.pk}/")
    steward.post(edit, {**form_of(steward, edit), "hispanic": "N", "races": "Asian"})
    demographics.refresh_from_db()
    assert (demographics.hispanic, demographics.races) == ("N", "Asian")
    (entry, *_) = steward.get(address(town, elena, "timeline/")).context["entries"]
    assert (entry.record, entry.did) == ("Demographics", "changed")
    cells = steward.get(address(town, elena).rstrip("/") + ".csv").getvalue().decode("utf-8-sig")
    assert "Demographics,2,Races,Asian" in cells


def test_the_page_asks_the_database_a_fixed_number_of_times(
    town: Town, elena: Student, steward: Client
) -> None:
    with CaptureQueriesContext(connection) as asked:
        steward.get(address(town, elena))
    assert len(asked) <= 14, [query["sql"][:80] for query in asked]


def test_a_viewer_sees_no_way_to_edit(town: Town, elena: Student, asking: Asking) -> None:
    text = asking(Role.VIEWER).get(address(town, elena)).content.decode()
    assert "García, Elena" in text
    assert "/edit/" not in text


def test_the_timeline_names_the_run_and_line_that_changed_what(
    town: Town, elena: Student, run: Run, steward: Client
) -> None:
    (made, *_, loaded) = steward.get(address(town, elena, "timeline/")).context["entries"]
    assert (made.record, made.did, made.run, made.line) == (
        *("Special-education record", "added", run.pk, 2),
    )
    plan = next(one for one in made.fields if one.label == "Type of plan")
    assert (plan.before, plan.after) == ("", "10")
    assert (loaded.record, loaded.did) == ("Student", "added")


def test_the_timeline_in_pages_and_as_csv(town: Town, elena: Student, steward: Client) -> None:
    for n in range(55):
        Student.objects.filter(pk=elena.pk).update(grade=f"{n % 9}")
    where = address(town, elena, "timeline/")
    first = steward.get(where)
    rest = steward.get(f"{where}?before={first.context['older']}")
    numbers = [entry.pk for answer in (first, rest) for entry in answer.context["entries"]]
    assert numbers == sorted(set(numbers), reverse=True)
    assert (len(first.context["entries"]), rest.context["older"]) == (50, None)
    answer = steward.get(where.rstrip("/") + ".csv")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert sum(row["Field"] == "grade" for row in rows) >= 56
    assert rows[0]["By"].startswith("sql")


def test_the_last_row_is_loaded_by_itself_and_explained(
    town: Town, elena: Student, run: Run, steward: Client
) -> None:
    where = address(town, elena, "rows/")
    page = steward.get(where).content.decode()
    assert f'hx-get="{where}"' in page
    for answer in (
        steward.get(where, headers={"HX-Request": "true"}),
        steward.get(f"{where}?now=1"),
    ):
        text = answer.content.decode()
        assert f"run {run.pk}" in text
        assert "Line 2 of Student Data (Table A)" in text
        assert "Type of plan" in text
    minh = Student.objects.get(district=town.district, local_id="100002")
    answer = steward.get(address(town, minh, "rows/?now=1"))
    assert "No row about this student" in answer.content.decode()


def test_an_edit_is_saved_and_stands_in_the_timeline(
    town: Town, elena: Student, steward: Client
) -> None:
    where = address(town, elena, f"edit/student/{elena.pk}/")
    answer = steward.post(where, {**form_of(steward, where), "grade": "04"}, follow=True)
    assert "Saved: Grade" in answer.content.decode()
    made = steward.get(address(town, elena, "timeline/")).context["entries"][0]
    assert (made.did, made.run) == ("changed", None)
    assert [(one.before, one.after) for one in made.fields] == [("03", "04")]
    assert made.by.endswith("@example.org")
    noted = AuditEntry.objects.filter(district=town.district, action="changed").latest("pk")
    assert (noted.what, noted.detail) == (f"student {elena.pk}", {"fields": 1})


def test_a_mistake_is_said_beside_its_field(town: Town, elena: Student, steward: Client) -> None:
    where = address(town, elena, f"edit/student/{elena.pk}/")
    answer = steward.post(where, {**form_of(steward, where), "state_id": "12", "grade": "04"})
    assert answer.status_code == 409
    assert "10 digits expected" in str(answer.context["form"].errors["state_id"])
    assert 'value="04"' in answer.content.decode()
    elena.refresh_from_db()
    assert elena.grade == "03"


def test_what_moved_since_is_shown_side_by_side_and_saved_the_second_time(
    town: Town, elena: Student, steward: Client
) -> None:
    where = address(town, elena, f"edit/student/{elena.pk}/")
    opened = form_of(steward, where)
    Student.objects.filter(pk=elena.pk).update(grade="05", gender="F")
    answer = steward.post(where, {**opened, "grade": "04"})
    assert answer.status_code == 409
    moving = {one.label: one for one in answer.context["conflicts"]}
    assert {label.lower() for label in moving} == {"grade", "gender"}
    grade = next(one for label, one in moving.items() if label.lower() == "grade")
    assert (grade.opened, grade.yours, grade.stored) == ("03", "04", "05")
    assert (grade.mine, grade.theirs) == (True, True)
    again = answer.context["form"].data
    assert (again["grade"], again["gender"]) == ("04", "F")
    assert steward.post(where, again).status_code == 302
    elena.refresh_from_db()
    assert (elena.grade, elena.gender) == ("04", "F")


def test_only_a_record_of_that_student_is_edited(
    town: Town, elena: Student, steward: Client
) -> None:
    other = SpecialEducation.objects.get(district=town.district, local_id="100003")
    mine = SpecialEducation.objects.get(district=town.district, local_id="100001")
    edit = address(town, elena, "edit/special_education/")
    assert steward.get(f"{edit}{mine.pk}/").status_code == 200
    assert steward.get(f"{edit}{other.pk}/").status_code == 404
    assert steward.get(address(town, elena, "edit/school/1/")).status_code == 404
