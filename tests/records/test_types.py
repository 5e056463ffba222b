"""What a declared record type must have, and the value that is read off it."""

import pytest
from django.db import models
from django.test.utils import isolate_apps

from rollcall.integrations.casemis.models import Service
from rollcall.records.fields import digest_over
from rollcall.records.models import StudentRecord, key
from rollcall.records.types import RECORD_TYPES, checked


@isolate_apps("rollcall.records")
def test_a_student_s_record_that_nothing_holds_to_the_student_is_refused() -> None:
    class Locker(StudentRecord):
        local_id = models.TextField()
        digest = digest_over(locals())

        class Meta(StudentRecord.Meta):
            app_label = "records"
            db_table = "locker"
            constraints = key("locker", "local_id")

    with pytest.raises(TypeError, match="student_key"):
        checked(Locker)


def test_a_partner_s_id_is_in_a_record_that_a_student_has_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Service, "partner_ids", {"provider": "provider"})
    with pytest.raises(TypeError, match="at most once"):
        checked(Service)


def test_the_words_of_a_type_are_those_of_its_model() -> None:
    decision, service = RECORD_TYPES["match_decision"], RECORD_TYPES["service"]
    assert (decision.singular, decision.title) == (
        "Decision about unmatched rows",
        "Match decisions",
    )
    assert (service.numbering, service.once_a_student) == ("occurrence", False)
    assert RECORD_TYPES["special_education"].once_a_student
