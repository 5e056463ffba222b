"""The frames of special-education records that CASEMIS decides by."""

import polars as pl

from rollcall.core.plans.views import View

#: The standing of each special-education record; the grade is the student's.
STANDINGS = View(
    records=("special_education", "student"),
    query="""SELECT local_id, state_id, first_name, last_name, birth_date, student.grade,
            disability1, special_education.exit_date
        FROM special_education
        JOIN student USING (district_id, local_id)
        WHERE district_id = {district}""",
    schema={
        "local_id": pl.String(),
        "state_id": pl.String(),
        "first_name": pl.String(),
        "last_name": pl.String(),
        "birth_date": pl.Date(),
        "grade": pl.String(),
        "disability1": pl.String(),
        "exit_date": pl.Date(),
    },
)
