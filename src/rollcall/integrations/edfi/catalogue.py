"""All checks of the pre-check, by what they look at."""

from rollcall.integrations.edfi.api_checks import ENROLMENT_REFUSALS, STUDENT_REFUSALS
from rollcall.integrations.edfi.marss_district import (
    ALIKE_DEMOGRAPHICS,
    ALIKE_RULES,
    SCHOOL_RULES,
)
from rollcall.integrations.edfi.marss_enrolment import ENROLMENT_RULES
from rollcall.integrations.edfi.marss_student import STUDENT_RULES
from rollcall.integrations.edfi.unknown_codes import NOT_A_CODE

STUDENT_CHECKS = (*STUDENT_REFUSALS, *STUDENT_RULES)
ENROLMENT_CHECKS = (*ENROLMENT_REFUSALS, *ENROLMENT_RULES)
DISTRICT_CHECKS = (*ALIKE_RULES, *ALIKE_DEMOGRAPHICS, *SCHOOL_RULES)
#: What a setting may name.
CODES = frozenset(
    [NOT_A_CODE, *(one.code for one in (*STUDENT_CHECKS, *ENROLMENT_CHECKS, *DISTRICT_CHECKS))]
)
