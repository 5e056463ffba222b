"""The bus passes that students have."""

from __future__ import annotations

from django.db import models

from rollcall.records.fields import digest_over
from rollcall.records.models import StudentRecord, date, id_index, student_key, text
from rollcall.records.student_keys import StudentRemoved


class BusPass(StudentRecord):
    """A student's bus pass. It is worth nothing without the student, so it goes with them."""

    partner_ids = {"pass_number": "bus company"}

    local_id = models.TextField()
    pass_number = text()
    route = text()
    stop = text()
    valid_from = date()
    digest = digest_over(locals())

    class Meta(StudentRecord.Meta):
        db_table = "bus_pass"
        verbose_name = "bus pass"
        verbose_name_plural = "bus passes"
        constraints = student_key(
            "bus_pass", "local_id", student_removed=StudentRemoved.REMOVED_TOO
        )
        indexes = [id_index("bus_pass_by_number", "pass_number")]
