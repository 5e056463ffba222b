"""What the API would refuse at once (level 1), so that the document is not sent (issue 4)."""

import polars as pl

from rollcall.integrations.edfi.check_declarations import ENROLLMENT, STUDENT, has_value, refusal

#: Checks of `check_frames.students`. Nothing is sent for a student who fails one.
STUDENT_REFUSALS = (
    refusal(
        "no_state_id",
        STUDENT,
        "student_unique_id",
        fails=~has_value("state_id"),
        text="The student has no MARSS number",
        fix="Find the student in the state's system, or have a number assigned there, and enter "
        "it as the student's state ID.",
    ),
    refusal(
        "state_id_digits",
        STUDENT,
        "student_unique_id",
        fails=~pl.col("state_id").str.contains(r"^[0-9]{13}$"),
        text="The MARSS number does not have 13 digits",
        fix="Correct the number. If it is too short, leading zeros may have been dropped.",
    ),
    refusal(
        "shared_state_id",
        STUDENT,
        "student_unique_id",
        fails=pl.col("holders") > 1,
        text="Several students of the district have this MARSS number, so none of them is sent",
        fix="Find out whose number it is and correct the others'.",
    ),
    refusal(
        "no_last_name",
        STUDENT,
        "last_surname",
        fails=~has_value("last_name"),
        text="The student has no last name",
        fix="Enter the student's legal last name.",
    ),
    refusal(
        "no_first_name",
        STUDENT,
        "first_name",
        fails=~has_value("first_name"),
        text="The student has no first name",
        fix="Enter the student's legal first name.",
    ),
    refusal(
        "no_birth_date",
        STUDENT,
        "birth_date",
        fails=~has_value("birth_date"),
        text="The student has no birth date",
        fix="Enter the birth date.",
    ),
    refusal(
        "no_gender",
        STUDENT,
        "birth_sex",
        fails=~has_value("gender"),
        text="The student has no gender",
        fix="Enter the gender as the state asks for it.",
    ),
)

#: Checks of `check_frames.enrollments`.
ENROLLMENT_REFUSALS = (
    refusal(
        "no_school_id",
        ENROLLMENT,
        "school_id",
        fails=~has_value("school_id"),
        text="The student is enrolled at a school without an Ed-Fi ID",
        fix="Enter the school's state ID; if the enrollment has no school, enter the school.",
    ),
    refusal(
        "no_entry_date",
        ENROLLMENT,
        "entry_date",
        fails=~has_value("entry_date"),
        text="The enrollment has no entry date",
        fix="Enter the day the student entered.",
    ),
    refusal(
        "no_grade",
        ENROLLMENT,
        "entry_grade_level",
        fails=~has_value("grade"),
        text="The enrollment has no grade",
        fix="Enter the grade.",
    ),
    refusal(
        "entry_before_year",
        ENROLLMENT,
        "entry_date",
        # Alternative programs begin in June, before the school year does.
        fails=pl.col("entry_date") < pl.col("year_start").dt.offset_by("-1mo"),
        text="The entry date is before the school year begins",
        fix="Correct the entry date, or the school year of the enrollment.",
    ),
)
