"""What a district holds, and the log of every change to it.

Each record type has a number (`id`, never shown), a natural key within the district, and a digest
that the database keeps (see `core.plans.digest`). In a class body the key comes first, in its
order. No value is NULL, never the empty text. A student's other records hold the `local_id`: the
database refuses one whose student is missing and follows when a student's id changes (migration
0002).
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from rollcall.records.capture import capture_triggers
from rollcall.records.fields import (
    SOURCE_SQL,
    TransactionIdField,
    digest_over,
    session_setting,
    sql_default,
)


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
    """What all record types share."""

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
    """What the records about a student share: the student is held by a key of migration 0002,
    which also makes sure of the district.
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
        constraints = key(
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
        constraints = key("demographics", "local_id")


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
        constraints = key(
            "program",
            *("local_id", "school_code", "school_year", "program_type", "program_name"),
            "begin_date",
        )


class SpecialEducation(StudentRecord):
    """A student's special-education record: what CASEMIS Table A tells (facts section 1.2)."""

    local_id = models.TextField()
    report_date = date()
    selpa_code = text()
    selpa_from = text()
    district_of_service = text()
    district_of_residence = text()
    school_code = text()
    school_type = text()
    special_ed_id = text()
    gender = text()
    ethnicity = text()
    race1 = text()
    race2 = text()
    race3 = text()
    english_learner = text()
    native_language = text()
    early_intervention = text()
    infant_referral_date = date()
    infant_referred_by = text()
    infant_consent_date = date()
    infant_evaluation_date = date()
    referral_date = date()
    referred_by = text()
    consent_date = date()
    initial_evaluation_date = date()
    evaluation_delay = text()
    third_birthday_delay = text()
    plan_type = text()
    migrant = text()
    residence_status = text()
    entry_date = date()
    last_iep_date = date()
    last_evaluation_date = date()
    disability1 = text()
    disability2 = text()
    solely_low_incidence = text()
    infant_setting = text()
    federal_setting_infant = text()
    federal_setting_preschool = text()
    federal_setting_school = text()
    percent_in_regular_class = models.SmallIntegerField(null=True)
    grade = text()
    transition1 = text()
    transition2 = text()
    transition3 = text()
    transition4 = text()
    transition5 = text()
    transition6 = text()
    transition7 = text()
    transition8 = text()
    special_transportation = text()
    parent_input = text()
    participation1 = text()
    participation2 = text()
    participation3 = text()
    participation4 = text()
    participation5 = text()
    participation6 = text()
    graduation_plan = text()
    exit_date = date()
    exit_reason = text()
    iep_delay = text()
    triennial_delay = text()
    digest = digest_over(locals())

    class Meta(StudentRecord.Meta):
        db_table = "special_education"
        verbose_name_plural = "special-education records"
        constraints = key("special_education", "local_id")


class Service(StudentRecord):
    """A special-education service of a school year. Equal services are told apart by `occurrence`:
    1 for the first.
    """

    local_id = models.TextField()
    school_year = models.TextField()
    service_code = text()
    provider = text()
    location = text()
    frequency = text()
    duration = text()
    occurrence = models.SmallIntegerField(default=1, db_default=1)
    start_date = date()
    digest = digest_over(locals())

    class Meta(StudentRecord.Meta):
        db_table = "service"
        verbose_name_plural = "services"
        constraints = key(
            "service",
            *("local_id", "school_year", "service_code", "provider", "location", "frequency"),
            *("duration", "occurrence"),
            texts=("service_code", "provider", "location", "frequency", "duration"),
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
