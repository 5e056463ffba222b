"""The record types as values, read off the models: one place declares a column.

The models are all that Django knows: the district's own and those of the integrations. So this can
be imported once Django is ready.
"""

from functools import cache

import polars as pl
from django.apps import apps
from django.db import models

from rollcall.core.plans.record_types import RecordType
from rollcall.records.capture import NOT_CAPTURED, key_columns
from rollcall.records.models import (
    Calendar,
    Demographics,
    Enrollment,
    Program,
    Record,
    School,
    Student,
    StudentRecord,
)
from rollcall.records.student_keys import StudentKey, StudentRemoved

_POLARS: dict[type, pl.DataType] = {
    models.TextField: pl.String(),
    models.DateField: pl.Date(),
    models.SmallIntegerField: pl.Int16(),
}


@cache
def record_type(model: type[Record]) -> RecordType:
    """The value for a model: its table's name, its key and its columns in declared order."""
    meta = model._meta
    types = {f.name: _POLARS[type(f)] for f in meta.local_fields if f.name not in NOT_CAPTURED}
    key = {name: types.pop(name) for name in key_columns(model)}
    return RecordType(
        name=meta.db_table,
        title=str(meta.verbose_name_plural).capitalize(),
        key=key,
        columns=types,
        singular=str(meta.verbose_name).capitalize(),
        partner_ids=model.partner_ids,
        numbering=model.numbering,
        always_shown=model.always_shown,
    )


def nullable_keys(model: type[Record]) -> tuple[str, ...]:
    """The key columns that may have no value."""
    fields = {field.name: field for field in model._meta.local_fields}
    return tuple(name for name in key_columns(model) if fields[name].null)


def checked(model: type[Record]) -> type[Record]:
    """The model; TypeError when a student's records are not held to the student, or when one of
    which a student can have several has a partner's id.
    """
    name, keys = model._meta.label, [type(c) for c in model._meta.constraints]
    if issubclass(model, StudentRecord) and StudentKey not in keys:
        raise TypeError(f"{name}: its constraints need a student_key")
    if model.partner_ids and key_columns(model) != ["local_id"]:
        raise TypeError(f"{name}: partner_ids need a record that a student has at most once")
    return model


SCHOOL = record_type(School)
STUDENT = record_type(Student)
ENROLLMENT = record_type(Enrollment)
CALENDAR = record_type(Calendar)
DEMOGRAPHICS = record_type(Demographics)
PROGRAM = record_type(Program)

#: In the order they are written, which is that of the declarations: the district's own, a student
#: before what belongs to the student, then those of each integration.
MODELS: tuple[type[Record], ...] = tuple(
    checked(model) for model in apps.get_models() if issubclass(model, Record)
)
#: By name, in the same order.
RECORD_TYPES: dict[str, RecordType] = {m._meta.db_table: record_type(m) for m in MODELS}
#: The key columns of each record type that may have no value.
NULLABLE: dict[str, tuple[str, ...]] = {m._meta.db_table: nullable_keys(m) for m in MODELS}
#: The record types that belong to a student.
STUDENT_RECORDS: tuple[str, ...] = tuple(
    model._meta.db_table for model in MODELS if issubclass(model, StudentRecord)
)
#: Those of them that are removed with their student.
GO_WITH_STUDENT: tuple[str, ...] = tuple(
    model._meta.db_table
    for model in MODELS
    for constraint in model._meta.constraints
    if isinstance(constraint, StudentKey)
    and constraint.student_removed is StudentRemoved.REMOVED_TOO
)
#: By which id each partner knows a student: whose id it is, the record type and its column.
PARTNER_IDS: tuple[tuple[str, RecordType, str], ...] = tuple(
    (whose, record, column)
    for record in RECORD_TYPES.values()
    for column, whose in record.partner_ids.items()
)
