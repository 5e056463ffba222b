"""What the integration declares holds together."""

import pytest
from pydantic import ValidationError
from tests.edfi_frames import SETTINGS

from rollcall.core.jobs import Refresh, Scope
from rollcall.core.json_documents.fields import FieldKind, JsonResource
from rollcall.integrations.edfi.codes import DESCRIPTORS
from rollcall.integrations.edfi.integration import INTEGRATION, JOBS
from rollcall.integrations.edfi.resources import RESOURCES, STUDENTS
from rollcall.integrations.edfi.rules import VIEWS
from rollcall.integrations.edfi.settings import EdfiSettings, namespace
from rollcall.records import views


def name_of(resource: JsonResource) -> str:
    return resource.name


@pytest.mark.parametrize("resource", RESOURCES, ids=name_of)
def test_every_column_has_one_field_but_the_student_who_comes_last(resource: JsonResource) -> None:
    columns = list(resource.record.schema)
    assert columns == [*(one.column for one in resource.fields), "local_id"]


@pytest.mark.parametrize("resource", RESOURCES, ids=name_of)
def test_codes_name_a_descriptor_that_is_known(resource: JsonResource) -> None:
    coded = (FieldKind.CODE, FieldKind.CODES)
    named = {one.descriptor for one in resource.fields if one.kind in coded}
    assert named <= DESCRIPTORS
    assert all(bool(one.descriptor) == (one.kind in coded) for one in resource.fields)


@pytest.mark.parametrize("resource", RESOURCES, ids=name_of)
def test_a_students_documents_can_be_asked_for(resource: JsonResource) -> None:
    assert bool(resource.about) == ("student_unique_id" in resource.record.schema)
    assert resource.about in ("", *resource.record.key)


def test_students_come_first_and_stay() -> None:
    assert sorted(RESOURCES, key=lambda one: one.order) == list(RESOURCES)
    assert [one for one in RESOURCES if not one.removable] == [STUDENTS]


def test_its_views_exist() -> None:
    assert set(VIEWS) <= set(views.DISTRICT_VIEWS)
    assert INTEGRATION.inputs == ()


def test_what_each_job_may_do() -> None:
    assert {
        (
            job.name,
            job.scope,
            job.refresh,
            job.removes,
            job.clears_scope,
            job.enables_near_real_time,
        )
        for job in JOBS
    } == {
        ("start_year", Scope.ALL, Refresh.ONCE, False, False, True),
        ("update_grade", Scope.GRADE, Refresh.NEVER, True, False, False),
        ("update_student", Scope.STUDENT, Refresh.ALWAYS, True, False, False),
        ("delete_student", Scope.STUDENT, Refresh.ALWAYS, True, True, False),
        ("resynchronize", Scope.ALL, Refresh.ALWAYS, True, False, False),
    }


def test_what_stands_before_a_code() -> None:
    assert namespace(SETTINGS, "RaceDescriptor") == "uri://education.mn.gov/RaceDescriptor#"


@pytest.mark.parametrize(
    "wrong",
    [
        {"local_education_agency_id": "0625"},
        {"local_education_agency_id": "St Paul"},
        {"namespace": "education.mn.gov"},
        {"namespace": "uri://education.mn.gov/"},
        {"data_path": "/data/v3"},
        {"data_path": "data/v3/"},
        {"concurrency": 0},
        {"concurrency": 129},
        {"most_removals": -1},
        {"unknown": 1},
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        EdfiSettings.model_validate({"local_education_agency_id": "10625000", **wrong})


def test_the_districts_id_is_all_that_must_be_told() -> None:
    needed = [name for name, one in EdfiSettings.model_fields.items() if one.is_required()]
    assert needed == ["local_education_agency_id"]
