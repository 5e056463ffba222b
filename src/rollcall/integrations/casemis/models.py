"""California's special-education records: what the CASEMIS files say about a student."""

from __future__ import annotations

from django.db import models

from rollcall.records.fields import digest_over
from rollcall.records.models import StudentRecord, date, id_index, student_key, text


class SpecialEducation(StudentRecord):
    """A student's special-education record: what CASEMIS Table A tells (facts section 1.2)."""

    partner_ids = {"special_ed_id": "special education"}

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
        verbose_name = "special-education record"
        verbose_name_plural = "special-education records"
        constraints = student_key("special_education", "local_id")
        indexes = [id_index("special_education_by_id", "special_ed_id")]


class Service(StudentRecord):
    """A special-education service of a school year. Equal services are told apart by `occurrence`:
    1 for the first.
    """

    numbering = "occurrence"
    always_shown = True

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
        constraints = student_key(
            "service",
            *("local_id", "school_year", "service_code", "provider", "location", "frequency"),
            *("duration", "occurrence"),
            texts=("service_code", "provider", "location", "frequency", "duration"),
        )
