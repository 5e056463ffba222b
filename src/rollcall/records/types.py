"""The record types as values, read off the models: one place declares a column."""

import polars as pl
from django.db import models

from rollcall.core.plans.record_types import RecordType
from rollcall.records.capture import NOT_CAPTURED, key_columns
from rollcall.records.models import (
    Calendar,
    Demographics,
    Enrollment,
    MatchDecision,
    Program,
    Record,
    School,
    Service,
    SpecialEducation,
    Student,
    StudentRecord,
)

_POLARS: dict[type, pl.DataType] = {
    models.TextField: pl.String(),
    models.DateField: pl.Date(),
    models.SmallIntegerField: pl.Int16(),
}


def record_type(model: type[Record]) -> RecordType:
    """The value for a model: its table's name, its key and its columns in declared order."""
    meta = model._meta
    types = {f.name: _POLARS[type(f)] for f in meta.local_fields if f.name not in NOT_CAPTURED}
    key = {name: types.pop(name) for name in key_columns(model)}
    title = str(meta.verbose_name_plural).capitalize()
    return RecordType(name=meta.db_table, title=title, key=key, columns=types)


def nullable_keys(model: type[Record]) -> tuple[str, ...]:
    """The key columns that may have no value."""
    fields = {field.name: field for field in model._meta.local_fields}
    return tuple(name for name in key_columns(model) if fields[name].null)


SCHOOL = record_type(School)
STUDENT = record_type(Student)
ENROLLMENT = record_type(Enrollment)
CALENDAR = record_type(Calendar)
DEMOGRAPHICS = record_type(Demographics)
PROGRAM = record_type(Program)
SPECIAL_EDUCATION = record_type(SpecialEducation)
SERVICE = record_type(Service)
MATCH_DECISION = record_type(MatchDecision)

#: In the order they are written: a student before what belongs to the student.
MODELS: tuple[type[Record], ...] = (
    School,
    Student,
    Enrollment,
    Calendar,
    Demographics,
    Program,
    SpecialEducation,
    Service,
    MatchDecision,
)
#: By name, in the same order.
RECORD_TYPES: dict[str, RecordType] = {
    record.name: record
    for record in (
        *(SCHOOL, STUDENT, ENROLLMENT, CALENDAR, DEMOGRAPHICS, PROGRAM),
        *(SPECIAL_EDUCATION, SERVICE, MATCH_DECISION),
    )
}
#: The key columns of each record type that may have no value.
NULLABLE: dict[str, tuple[str, ...]] = {m._meta.db_table: nullable_keys(m) for m in MODELS}
#: The record types that belong to a student.
STUDENT_RECORDS: tuple[str, ...] = tuple(
    model._meta.db_table for model in MODELS if issubclass(model, StudentRecord)
)
