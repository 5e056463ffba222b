"""All checks of the pre-check, by the frame they read."""

from rollcall.integrations.edfi.api_checks import ENROLLMENT_REFUSALS, STUDENT_REFUSALS
from rollcall.integrations.edfi.marss_district import ALIKE_DEMOGRAPHICS, ALIKE_RULES, SCHOOL_RULES
from rollcall.integrations.edfi.marss_enrollment import ENROLLMENT_RULES
from rollcall.integrations.edfi.marss_student import STUDENT_RULES
from rollcall.integrations.edfi.unknown_codes import NOT_A_CODE

STUDENT_CHECKS = (*STUDENT_REFUSALS, *STUDENT_RULES)
ENROLLMENT_CHECKS = (*ENROLLMENT_REFUSALS, *ENROLLMENT_RULES)
DISTRICT_CHECKS = (*ALIKE_RULES, *ALIKE_DEMOGRAPHICS, *SCHOOL_RULES)
#: The codes that settings can name.
CODES = frozenset(
    [NOT_A_CODE, *(check.code for check in (*STUDENT_CHECKS, *ENROLLMENT_CHECKS, *DISTRICT_CHECKS))]
)
