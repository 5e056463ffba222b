"""What holds a record to its student, and what becomes of it when the student goes."""

from datetime import date

import polars as pl
import pytest
from django.db import connection
from django.db.utils import IntegrityError
from tests.records.database import one, put, students
from tests.records.samples import changes_between

from rollcall.integrations.casemis.integration import SPECIAL_EDUCATION
from rollcall.records import read, undo, write
from rollcall.records.copying import Database
from rollcall.records.models import Student
from rollcall.records.student_keys import StudentKey, StudentRemoved
from rollcall.records.types import MODELS, RECORD_TYPES, STUDENT, STUDENT_RECORDS

REMOVED_TOO = StudentKey(name="special_education_student", student_removed="removed_too")


@pytest.fixture
def recorded(conn: Database, district: int) -> int:
    """A district with a student who has a record."""
    record(conn, district)
    return district


def record(conn: Database, district: int) -> None:
    students(conn, district, "7001")
    row = {"local_id": "7001", "disability1": "220"}
    frame = pl.DataFrame([row], schema=SPECIAL_EDUCATION.schema)
    put(conn, district, SPECIAL_EDUCATION, frame)


def exchange(removed: StudentKey, added: StudentKey) -> None:
    """Change a table's key as a migration does."""
    (model,) = (model for model in MODELS if model._meta.db_table == SPECIAL_EDUCATION.name)
    with connection.schema_editor(atomic=False) as editor:
        editor.remove_constraint(model, removed)
        editor.add_constraint(model, added)


def test_every_student_s_record_type_has_one() -> None:
    assert "special_education" in STUDENT_RECORDS
    for model in MODELS:
        keys = [c.name for c in model._meta.constraints if isinstance(c, StudentKey)]
        table = model._meta.db_table
        assert keys == ([f"{table}_student"] if table in STUDENT_RECORDS else [])


def test_a_record_follows_its_student_s_id(conn: Database, recorded: int) -> None:
    Student.objects.filter(district=recorded).update(local_id="7002")
    assert one(conn, "SELECT local_id FROM special_education") == "7002"


def test_a_student_with_such_a_record_stays(recorded: int) -> None:
    with pytest.raises(IntegrityError, match="special_education_student"):
        Student.objects.filter(district=recorded).delete()


def test_a_record_that_goes_with_its_student_is_in_the_change_log(
    conn: Database, district: int
) -> None:
    exchange(StudentKey(name="special_education_student"), REMOVED_TOO)
    record(conn, district)
    conn.execute("SELECT set_config('rollcall.person', 'ann', true)")
    Student.objects.filter(district=district).delete()
    removed = conn.execute("SELECT record, person FROM change_log WHERE kind = 'remove' ORDER BY 1")
    assert removed.fetchall() == [("special_education", "ann"), ("student", "ann")]


def test_a_run_removes_a_student_and_what_goes_with_them(
    conn: Database, district: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange(StudentKey(name="special_education_student"), REMOVED_TOO)
    monkeypatch.setattr(write, "GO_WITH_STUDENT", (SPECIAL_EDUCATION.name,))
    record(conn, district)
    types = (STUDENT, SPECIAL_EDUCATION)
    changes = {
        type.name: changes_between(type, stored, stored.clear())
        for type in types
        if not (stored := read.every(conn, type, district)).is_empty()
    }
    assert set(write.tables_written(changes)) == {"student", "special_education"}
    only_students = {"student": changes["student"]}
    assert "special_education" in write.tables_written(only_students)
    write.apply_all(conn, district, changes, run_id=7, today=date(2016, 12, 5))
    restored, kept = undo.undo_changes(conn, district, 7)
    assert [change.record.name for change in restored] == ["student", "special_education"]
    assert kept.is_empty()


def test_migrations_write_it_down() -> None:
    path, args, kwargs = REMOVED_TOO.deconstruct()
    assert path.endswith("student_keys.StudentKey")
    assert StudentKey(*args, **kwargs) == REMOVED_TOO != StudentKey(name=REMOVED_TOO.name)
    assert kwargs["student_removed"] == StudentRemoved.REMOVED_TOO.value


def test_the_models_are_those_of_records_then_those_of_integrations() -> None:
    apps = [model._meta.app_label for model in MODELS]
    assert apps == sorted(apps, key=lambda label: label != "records")
    assert list(RECORD_TYPES)[:2] == ["school", "student"]


@pytest.mark.django_db
def test_partner_ids_have_an_index() -> None:
    """Search looks them up by their beginning in a district of a million students."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'")
        indexes = [definition for (definition,) in cursor.fetchall()]
    for record in RECORD_TYPES.values():
        for column in record.partner_ids:
            ending = f'public.{record.name} USING btree (district_id, {column} COLLATE "C")'
            assert any(index.endswith(ending) for index in indexes), (record.name, column)
