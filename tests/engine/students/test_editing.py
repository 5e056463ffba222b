"""A person edits a record: what is refused, and what the change log says."""

import polars as pl
import pytest
from tests.town import Town

from rollcall.core.problems import Problem
from rollcall.engine.students import editing
from rollcall.engine.students.editing import (
    Conflict,
    Invalid,
    Moved,
    edit,
)
from rollcall.integrations.casemis.models import SpecialEducation
from rollcall.records.models import ChangeLog, Demographics, Student


@pytest.fixture
def elena(town: Town, students: pl.DataFrame) -> Student:
    town.load({"students": students})
    return Student.objects.get(district=town.district, local_id="100001")


def save(town: Town, student: Student, **texts: str) -> object:
    return edit(town.district, "student", student.pk, texts, student.digest, "Pat")


def test_an_edit_changes_what_differs_and_names_the_person(town: Town, elena: Student) -> None:
    changed = save(town, elena, grade=" 04 ", last_name="García", gender="")
    assert changed == {"grade": ("03", "04")}
    logged = ChangeLog.objects.filter(district_id=town.district.pk, person="Pat").get()
    assert (logged.before, logged.after) == ({"grade": "03"}, {"grade": "04"})
    assert (logged.source, logged.run_id) == ("person", None)


def test_values_are_checked_as_the_files_are(town: Town, elena: Student) -> None:
    with pytest.raises(Invalid) as raised:
        save(town, elena, state_id="123", birth_date="2016-02-30", last_name=" ", grade="05")
    told = {one.column: one.text for one in raised.value.mistakes}
    assert set(told) == {"state_id", "birth_date", "last_name"}
    assert "10 digits expected, 3 characters found" in told["state_id"]
    assert "123" not in str(raised.value)
    elena.refresh_from_db()
    assert elena.grade == "03"


def test_dates_are_taken_as_people_write_them(town: Town, elena: Student) -> None:
    save(town, elena, birth_date="3/15/2008")
    elena.refresh_from_db()
    assert str(elena.birth_date) == "2008-03-15"


def test_an_edit_over_another_is_refused_with_both_values(town: Town, elena: Student) -> None:
    save(town, elena, grade="04")
    with pytest.raises(Moved) as raised:
        save(town, elena, grade="05", first_name="Elena")
    assert raised.value.conflicts == [Conflict("grade", "05", "04")]
    edit(town.district, "student", elena.pk, {"grade": "05"}, raised.value.digest, "Kim")
    elena.refresh_from_db()
    assert elena.grade == "05"


def test_a_special_education_record_has_the_fields_of_table_a(town: Town, elena: Student) -> None:
    record = SpecialEducation.objects.create(district=town.district, local_id="100001")
    record.refresh_from_db()
    fields = editing.fields(town.district, "special_education")
    assert fields["plan_type"].label == "Type of plan"
    assert fields["plan_type"].codes[0] == "10"
    assert "local_id" not in fields
    with pytest.raises(Invalid):
        edit(town.district, "special_education", record.pk, {"plan_type": "99"}, record.digest, "P")
    texts = {"plan_type": "10", "percent_in_regular_class": "80"}
    edit(town.district, "special_education", record.pk, texts, record.digest, "P")
    record.refresh_from_db()
    assert (record.plan_type, record.percent_in_regular_class) == ("10", 80)


@pytest.mark.parametrize("record", editing.EDITABLE)
def test_every_column_of_every_record_has_a_field(town: Town, record: str) -> None:
    assert all(field.label for field in editing.fields(town.district, record).values())


def test_a_record_that_is_gone_says_so(town: Town, elena: Student) -> None:
    number, digest = elena.pk, elena.digest
    elena.delete()
    with pytest.raises(Problem) as raised:
        edit(town.district, "student", number, {"grade": "05"}, digest, "Pat")
    assert raised.value.code == "edit.gone"


@pytest.mark.parametrize("typed", ["Asian;White", " Asian ;; White; ", "Asian; White"])
def test_several_codes_are_kept_as_a_files_are(town: Town, elena: Student, typed: str) -> None:
    held = Demographics.objects.create(district=town.district, local_id=elena.local_id)
    held.refresh_from_db()
    edit(town.district, "demographics", held.pk, {"races": typed}, held.digest, "Pat")
    held.refresh_from_db()
    assert held.races == "Asian; White"
