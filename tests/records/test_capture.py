"""Promise 3: every change of a record is in the change log, whoever makes it."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import polars as pl
import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from psycopg import errors
from tests.records.database import one, put, students, unmade
from tests.records.samples import EXAMPLES, IDS, TEXTS

from rollcall.integrations.casemis.integration import SPECIAL_EDUCATION
from rollcall.integrations.casemis.models import SpecialEducation
from rollcall.records.copying import Database
from rollcall.records.models import ChangeLog, Student


def log() -> list[dict[str, Any]]:
    columns = ("record", "kind", "key", "local_id", "before", "after")
    return list(ChangeLog.objects.order_by("id").values(*columns))


def test_an_addition_keeps_all_values_there_are(conn: Database, district: int) -> None:
    conn.execute(
        "INSERT INTO student (district_id, local_id, last_name, birth_date)"
        " VALUES (%s, '007', 'O\"Brien\\', '2008-01-02')",
        [district],
    )
    values = {"local_id": "007", "last_name": 'O"Brien\\', "birth_date": "2008-01-02"}
    (entry,) = log()
    assert entry == {
        "record": "student",
        "kind": "add",
        "key": {"local_id": "007"},
        "local_id": "007",
        "before": None,
        "after": values,
    }


def test_an_update_keeps_the_fields_that_changed(conn: Database, district: int) -> None:
    students(conn, district, "1")
    SpecialEducation.objects.create(district_id=district, local_id="1", grade="07", gender="F")
    conn.execute(
        "UPDATE special_education SET plan_type = '20', gender = NULL, grade = '08',"
        " percent_in_regular_class = 80 WHERE local_id = '1'"
    )
    entry = log()[-1]
    assert entry["before"] == {"gender": "F", "grade": "07"}
    assert entry["after"] == {"plan_type": "20", "grade": "08", "percent_in_regular_class": 80}


def test_a_removal_keeps_what_was_there(conn: Database, district: int) -> None:
    students(conn, district, "1")
    conn.execute("DELETE FROM student")
    entry = log()[-1]
    assert (entry["kind"], entry["before"], entry["after"]) == ("remove", {"local_id": "1"}, None)


def test_an_update_that_changes_nothing_is_not_logged(conn: Database, district: int) -> None:
    students(conn, district, "1", "2")
    before = len(log())
    conn.execute("UPDATE student SET grade = NULL, local_id = local_id")
    assert len(log()) == before


def test_no_value_and_the_empty_text_are_told_apart(conn: Database, district: int) -> None:
    students(conn, district, "1")
    conn.execute("UPDATE student SET grade = ''")
    assert (log()[-1]["before"], log()[-1]["after"]) == ({}, {"grade": ""})


def test_a_changed_local_id_is_followed_and_logged_for_every_record(
    conn: Database, district: int
) -> None:
    students(conn, district, "1")
    SpecialEducation.objects.create(district_id=district, local_id="1", grade="07")
    conn.execute("UPDATE student SET local_id = '2'")
    child, student = sorted(log()[-2:], key=lambda entry: entry["record"])
    assert (child["record"], student["record"]) == ("special_education", "student")
    for entry in (child, student):
        assert entry["key"] == {"local_id": "2"}
        assert (entry["before"], entry["after"]) == ({"local_id": "1"}, {"local_id": "2"})


def test_who_wrote_is_kept(conn: Database, district: int) -> None:
    students(conn, district, "1")
    conn.execute("SET LOCAL rollcall.person = 'ann'")
    students(conn, district, "2")
    conn.execute("SET LOCAL rollcall.run = '17'")
    students(conn, district, "3")
    by = list(ChangeLog.objects.order_by("id").values_list("run_id", "person", "source"))
    user = one(conn, "SELECT session_user")
    assert by[0][:2] == (None, None)
    assert by[0][2].startswith(f"sql {user}")
    assert by[1:] == [(None, "ann", "person"), (17, "ann", "run")]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("TRUNCATE student CASCADE", "TRUNCATE of .* is refused"),
        ("UPDATE student SET id = id + 1", "cannot change"),
        ("UPDATE student SET district_id = 0", "cannot change"),
        ("DELETE FROM district", "violates foreign key"),
    ],
)
def test_what_would_go_past_the_log_is_refused(
    conn: Database, district: int, statement: str, words: str
) -> None:
    students(conn, district, "1")
    conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(errors.Error, match=words), transaction.atomic():
        conn.execute(statement.encode())


def test_no_session_setting_of_pgtrigger_switches_capture_off(
    conn: Database, district: int
) -> None:
    triggers = one(conn, "SELECT array_agg(tgname) FROM pg_trigger WHERE tgname ~ '^pgtrigger'")
    conn.execute("SELECT set_config('pgtrigger.ignore', %s::text, true)", [triggers])
    students(conn, district, "1")
    assert len(log()) == 1


def test_a_session_that_looks_elsewhere_is_logged_too(conn: Database, district: int) -> None:
    table = one(conn, "SELECT 'student'::regclass::oid::regclass::text")
    schema = one(conn, "SELECT current_schema()")
    conn.execute("SET LOCAL search_path = pg_catalog")
    conn.execute(
        f"INSERT INTO {schema}.{table} (district_id, local_id) VALUES (%s, '1')".encode(),
        [district],
    )
    conn.execute("SELECT set_config('search_path', %s, true)", [schema])
    assert len(log()) == 1


# Edits of every kind. Each takes the connection, the district, two ids and a text.
Edit = Callable[[Database, int, str, str, str], object]


def _one_by_orm(conn: Database, district: int, a: str, b: str, text: str) -> object:
    return SpecialEducation.objects.create(district_id=district, local_id=a, grade=text)


def _bulk_by_orm(conn: Database, district: int, a: str, b: str, text: str) -> object:
    rows = [SpecialEducation(district_id=district, local_id=i, selpa_code=text) for i in {a, b}]
    return SpecialEducation.objects.bulk_create(rows)


def _save(conn: Database, district: int, a: str, b: str, text: str) -> object:
    for record in SpecialEducation.objects.filter(local_id=a):
        record.grade, record.gender = text, None
        record.save()
    return None


def _update_by_orm(conn: Database, district: int, a: str, b: str, text: str) -> object:
    return SpecialEducation.objects.filter(local_id__gte=a).update(exit_reason=text)


def _bulk_update(conn: Database, district: int, a: str, b: str, text: str) -> object:
    rows = list(SpecialEducation.objects.filter(local_id__in=[a, b]))
    for row in rows:
        row.transition3 = text + row.local_id
    return SpecialEducation.objects.bulk_update(rows, ["transition3"])


def _delete_by_orm(conn: Database, district: int, a: str, b: str, text: str) -> object:
    return SpecialEducation.objects.filter(local_id__in=[a, b]).delete()


def _upsert(conn: Database, district: int, a: str, b: str, text: str) -> object:
    return conn.execute(
        "INSERT INTO special_education (district_id, local_id, gender) SELECT %s, i, %s"
        " FROM unnest(%s::text[]) i ON CONFLICT (district_id, local_id)"
        " DO UPDATE SET gender = excluded.gender",
        [district, text, sorted({a, b})],
    )


def _merge(conn: Database, district: int, a: str, b: str, text: str) -> object:
    return conn.execute(
        "MERGE INTO special_education t USING (SELECT %s AS a) s ON t.local_id = s.a"
        " WHEN MATCHED AND t.grade IS NULL THEN DELETE"
        " WHEN MATCHED THEN UPDATE SET grade = NULL"
        " WHEN NOT MATCHED THEN INSERT (district_id, local_id, grade) VALUES (%s, s.a, %s)",
        [a, district, text],
    )


def _replace(conn: Database, district: int, a: str, b: str, text: str) -> object:
    return conn.execute(
        "WITH gone AS (DELETE FROM special_education WHERE local_id = %s RETURNING district_id)"
        " INSERT INTO special_education (district_id, local_id, race1)"
        " SELECT district_id, %s, %s FROM gone",
        [a, b, text],
    )


def _copy(conn: Database, district: int, a: str, b: str, text: str) -> object:
    rows = [{"local_id": i, "iep_delay": text} for i in sorted({a, b})]
    put(conn, district, SPECIAL_EDUCATION, pl.DataFrame(rows, schema=SPECIAL_EDUCATION.schema))
    return None


def _rename(conn: Database, district: int, a: str, b: str, text: str) -> object:
    return conn.execute("UPDATE student SET local_id = %s WHERE local_id = %s", [b, a])


def _swap(conn: Database, district: int, a: str, b: str, text: str) -> object:
    for old, new in ((a, "swap"), (b, a), ("swap", b)):
        Student.objects.filter(local_id=old).update(local_id=new)
    return None


EDITS: list[Edit] = [
    *(_one_by_orm, _bulk_by_orm, _save, _update_by_orm, _bulk_update, _delete_by_orm),
    *(_upsert, _merge, _replace, _copy, _rename, _swap),
]
STEPS = st.tuples(st.sampled_from(EDITS), st.sampled_from(IDS), st.sampled_from(IDS), TEXTS)


@EXAMPLES
@given(steps=st.lists(STEPS, max_size=12))
def test_replaying_the_log_gives_the_tables(
    conn: Database, district: int, steps: list[tuple[Edit, str, str, str]]
) -> None:
    with unmade():
        students(conn, district, *IDS)
        for edit, a, b, text in steps:
            _try(partial(edit, conn, district, a, b, text))
        for record in ("student", "special_education"):
            assert _replayed(record) == _held(conn, record)


def _try(edit: Callable[[], object]) -> None:
    """Some edits break a rule of the table: then they change nothing, and nothing is logged."""
    try:
        with transaction.atomic():
            edit()
    except (IntegrityError, errors.IntegrityError):
        pass


def _replayed(record: str) -> dict[int, dict[str, Any]]:
    state: dict[int, dict[str, Any]] = {}
    for entry in ChangeLog.objects.filter(record=record).order_by("id"):
        before, after = entry.before or {}, entry.after or {}
        was = state.pop(entry.record_id, {})
        assert {name: was[name] for name in before} == before
        assert not any(name in was for name in after if name not in before)
        kept = {name: value for name, value in was.items() if name not in before}
        if entry.kind != "remove":
            state[entry.record_id] = kept | after
            assert entry.key == {"local_id": state[entry.record_id]["local_id"]}
    return state


def _held(conn: Database, record: str) -> dict[int, dict[str, Any]]:
    query = (
        "SELECT id, (jsonb_strip_nulls(to_jsonb(t)) - '{id,district_id,digest}'::text[])::text"
        f" FROM {record} t"
    )
    return {pk: json.loads(values) for pk, values in conn.execute(query.encode())}
