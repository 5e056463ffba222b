"""What a district holds, and the log of every change to it.

Each record type has a number (`id`, never shown), a natural key within the district, and a digest
that the database keeps (see `core.plans.digest`). In a class body the key comes first, in its
order. No value is NULL, never the empty text. A student's other records have the `local_id`: the
database refuses one whose student is missing and follows when a student's id changes
(`records.student_keys`).

An integration declares its own record types with the same classes and functions, in its `models.py`
(docs/how-to/integration.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Collate

from rollcall.records.capture import capture_triggers
from rollcall.records.fields import (
    SOURCE_SQL,
    TransactionIdField,
    digest_over,
    session_setting,
    sql_default,
)
from rollcall.records.student_keys import StudentKey, StudentRemoved


def text() -> models.TextField[Any, Any]:
    """A text column that may have no value. Ids and codes are text: leading zeros count."""
    return models.TextField(null=True)


def date() -> models.DateField[Any, Any]:
    """A date column that may have no value."""
    return models.DateField(null=True)


def key(table: str, *fields: str, texts: tuple[str, ...] = ()) -> list[models.BaseConstraint]:
    """The natural key of a record table. `texts`: parts that may have no value; none is empty,
    for the digest does not tell the empty text from no value.
    """
    unique = models.UniqueConstraint(
        fields=["district", *fields], name=f"{table}_key", nulls_distinct=False if texts else None
    )
    filled = [
        models.CheckConstraint(condition=~models.Q(**{part: ""}), name=f"{table}_{part}_not_empty")
        for part in texts
    ]
    return [unique, *filled]


def student_key(
    table: str,
    *fields: str,
    texts: tuple[str, ...] = (),
    student_removed: StudentRemoved = StudentRemoved.REFUSED,
) -> list[models.BaseConstraint]:
    """The natural key of a student's record, and what holds it to the student."""
    student = StudentKey(name=f"{table}_student", student_removed=student_removed)
    return [*key(table, *fields, texts=texts), student]


def id_index(name: str, column: str) -> models.Index:
    """What finds records by the beginning of an id (`partner_ids`). By bytes (COLLATE "C"), so that
    it does so whatever the server's language.
    """
    return models.Index(models.F("district"), Collate(models.F(column), "C"), name=name)


class District(models.Model):
    """A tenant. `school_year` is the year its records and syncs work in, as "2016-2017"."""

    code = models.TextField(unique=True)
    name = models.TextField()
    state = models.TextField()
    timezone = models.TextField()
    school_year = models.TextField()

    class Meta:
        db_table = "district"


class Record(models.Model):
    """What all record types share.

    `partner_ids`: columns by which a partner knows the student, and whose ids they are: people
    search by them, and a student's pages show them. `numbering`: the key column that only tells
    equal records apart, which pages do not show. `always_shown`: a student's page has the type
    also when there is no record of it.
    """

    partner_ids: ClassVar[Mapping[str, str]] = {}
    numbering: ClassVar[str] = ""
    always_shown: ClassVar[bool] = False

    district = models.ForeignKey(District, models.PROTECT, db_index=False, related_name="+")

    class Meta:
        abstract = True
        triggers = capture_triggers()


class School(Record):
    """A school of the district. `state_id`: the state's number of it, as its reporting names it."""

    code = models.TextField()
    name = text()
    type = text()
    state_id = text()
    digest = digest_over(locals())

    class Meta(Record.Meta):
        db_table = "school"
        verbose_name_plural = "schools"
        constraints = key("school", "code")


class Student(Record):
    """A student. `local_id` is the district's own number, `state_id` the state's (SSID)."""

    partner_ids = {"local_id": "district", "state_id": "state"}

    local_id = models.TextField()
    state_id = text()
    last_name = text()
    first_name = text()
    middle_name = text()
    birth_date = date()
    gender = text()
    grade = text()
    school_code = text()
    generation_suffix = text()
    digest = digest_over(locals())

    class Meta(Record.Meta):
        db_table = "student"
        verbose_name_plural = "students"
        constraints = key("student", "local_id")


class StudentRecord(Record):
    """What the records about a student share: `local_id` is the first column of their key, and a
    `student_key` holds them to the student, and so to the district.
    """

    district = models.ForeignKey(
        District, models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )

    class Meta(Record.Meta):
        abstract = True


class Enrollment(StudentRecord):
    """A student's time at a school. A student may enter the same school twice in a year.

    From `entry_type` on: what a state wants to know of it, in Ed-Fi's words (facts section 3.3). In
    Minnesota `entry_type` is the last location of attendance, `exit_type` the status end. Numbers
    are texts as the state writes them ("162.5"); `homebound` and `special_pupil` are Y or N.
    """

    always_shown = True

    local_id = models.TextField()
    school_code = text()
    school_year = models.TextField()
    entry_date = date()
    grade = text()
    exit_date = date()
    entry_type = text()
    exit_type = text()
    aid_category = text()
    resident_district = text()
    percent_enrolled = text()
    membership = text()
    attendance = text()
    attendance_unit = text()
    transportation = text()
    transporting_district = text()
    homebound = text()
    special_pupil = text()
    special_education_status = text()
    digest = digest_over(locals())

    class Meta(StudentRecord.Meta):
        db_table = "enrollment"
        verbose_name_plural = "enrollments"
        constraints = student_key(
            "enrollment",
            *("local_id", "school_code", "school_year", "entry_date"),
            texts=("school_code",),
        )


class Calendar(Record):
    """First and last day of school. `school_code` NULL is the calendar of the whole district."""

    school_code = text()
    school_year = models.TextField()
    first_day = date()
    last_day = date()
    instructional_days = models.SmallIntegerField(null=True)
    digest = digest_over(locals())

    class Meta(Record.Meta):
        db_table = "calendar"
        verbose_name_plural = "calendars"
        constraints = key("calendar", "school_code", "school_year", texts=("school_code",))


class Demographics(StudentRecord):
    """Where a student comes from and what marks them, as a state asks (facts section 3.3).

    `hispanic` is Y or N. `races`, `ancestry`, `characteristics` and `opt_outs` hold several of the
    state's codes, joined by "; ".
    """

    local_id = models.TextField()
    hispanic = text()
    races = text()
    ancestry = text()
    home_language = text()
    characteristics = text()
    opt_outs = text()
    digest = digest_over(locals())

    class Meta(StudentRecord.Meta):
        db_table = "demographics"
        verbose_name_plural = "demographics"
        constraints = student_key("demographics", "local_id")


class Program(StudentRecord):
    """A student's part in a program of a school, by the state's names of it (facts section 3.3)."""

    local_id = models.TextField()
    school_code = models.TextField()
    school_year = models.TextField()
    program_type = models.TextField()
    program_name = models.TextField()
    begin_date = models.DateField()
    end_date = date()
    digest = digest_over(locals())

    class Meta(StudentRecord.Meta):
        db_table = "program"
        verbose_name_plural = "programs"
        constraints = student_key(
            "program",
            *("local_id", "school_code", "school_year", "program_type", "program_name"),
            "begin_date",
        )


class MatchDecision(Record):
    """What a person decided about a row that matched nobody for certain
    (`core.matching.match_decisions`).

    The row is known by whom it is about, in every later file of that integration: by its state id,
    else by `last_name` and `first_name` as the matcher folds them and `birth_date`. A row of two
    syncs of one integration is the same person of the same partner, so it is decided once.
    `local_id`: the student of a link, or whom the row is not; held by no key, for the student may
    be gone and come back. `until`: the first day an ignored row counts as open again.
    """

    integration = models.TextField()
    kind = models.TextField()
    state_id = text()
    last_name = text()
    first_name = text()
    birth_date = date()
    local_id = text()
    until = date()
    made_by = text()
    made_on = date()
    note = text()
    digest = digest_over(locals())

    class Meta(Record.Meta):
        db_table = "match_decision"
        verbose_name = "decision about unmatched rows"
        verbose_name_plural = "match decisions"
        constraints = key(
            "match_decision",
            *("integration", "kind", "state_id", "last_name", "first_name", "birth_date"),
            "local_id",
            texts=("state_id", "last_name", "first_name", "local_id"),
        )


class ChangeLog(models.Model):
    """Every change to a record, written by the triggers in the transaction that made it.

    `key`: the record's natural key (after an update: the key as it is then). `before` and `after`:
    for an addition or removal all values there are; for an update the fields that changed, where a
    field missing on one side has no value there. `run_id`, `person`: the settings `rollcall.run`
    and `rollcall.person` of the session that wrote. `id` orders the changes of one record, not
    those of different transactions: read what is new with `records.read.moved_since`.
    """

    txid = TransactionIdField(db_default=sql_default("pg_current_xact_id()", TransactionIdField()))
    at = models.DateTimeField(db_default=sql_default("clock_timestamp()", models.DateTimeField()))
    district_id = models.BigIntegerField()
    record = models.TextField()
    record_id = models.BigIntegerField()
    key = models.JSONField()
    local_id = models.TextField(null=True)
    kind = models.TextField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    run_id = models.BigIntegerField(
        null=True,
        db_default=session_setting("rollcall.run", models.BigIntegerField(), "::bigint"),
    )
    person = models.TextField(
        null=True, db_default=session_setting("rollcall.person", models.TextField())
    )
    source = models.TextField(db_default=sql_default(SOURCE_SQL, models.TextField()))

    class Meta:
        db_table = "change_log"
        indexes = [
            models.Index(fields=["district_id", "local_id", "id"], name="change_log_student"),
            models.Index(fields=["txid"], name="change_log_txid"),
            models.Index(
                fields=["run_id"],
                condition=models.Q(run_id__isnull=False),
                name="change_log_run",
            ),
            models.Index(
                fields=["district_id", "txid"],
                condition=models.Q(record="match_decision"),
                name="change_log_decisions",
            ),
        ]


class RecordStamp(models.Model):
    """When a run last processed records ("last updated"), changed or not: the students whose record
    of this type a run confirmed and no later run has.

    Apart from the records and a row a run, not a row a record: a run that confirms a million
    unchanged records writes one row (docs/decisions/0007-stamps-in-sets.md).
    """

    district = models.ForeignKey(District, models.PROTECT, db_index=False, related_name="+")
    record = models.TextField()
    updated_on = models.DateField()
    run_id = models.BigIntegerField()
    local_ids = ArrayField(models.TextField())

    class Meta:
        db_table = "record_stamp"
        constraints = [
            models.UniqueConstraint(
                fields=["district", "record", "run_id", "updated_on"], name="record_stamp_key"
            )
        ]
