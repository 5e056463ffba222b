"""The record types as values, read off the models: one place declares a column."""

import polars as pl
from django.db import models

from rollcall.core.record_types import RecordType
from rollcall.records.capture import NOT_CAPTURED, key_columns
from rollcall.records.models import (
    Calendar,
    Enrolment,
    Record,
    School,
    Service,
    SpecialEducation,
    Student,
)

_POLARS: dict[type, pl.DataType] = {
    models.TextField: pl.String(),
    models.DateField: pl.Date(),
    models.SmallIntegerField: pl.Int16(),
}


def record_type(model: type[Record]) -> RecordType:
    """The value for a model: its table's name, its key and its columns in declared order."""
    meta = model._meta
    types = {f.column: _POLARS[type(f)] for f in meta.local_fields if f.name not in NOT_CAPTURED}
    key = {name: types.pop(name) for name in key_columns(model)}
    title = str(meta.verbose_name_plural).capitalize()
    return RecordType(name=meta.db_table, title=title, key=key, columns=types)


SCHOOL = record_type(School)
STUDENT = record_type(Student)
ENROLMENT = record_type(Enrolment)
CALENDAR = record_type(Calendar)
SPECIAL_EDUCATION = record_type(SpecialEducation)
SERVICE = record_type(Service)

#: By name, in the order they are written: a student before what belongs to the student.
RECORD_TYPES: dict[str, RecordType] = {
    record.name: record
    for record in (SCHOOL, STUDENT, ENROLMENT, CALENDAR, SPECIAL_EDUCATION, SERVICE)
}
