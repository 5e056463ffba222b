"""The state's rules about enrollments (facts section 3.7), over `check_frames.enrollments`.

One table, so that it can be compared with the state's; texts are ours. Not in it: 30.10.6363
(membership in hours against the hours of the year), since no record has the length of a day.
"""

import polars as pl

from rollcall.core.findings import Severity
from rollcall.integrations.edfi.check_declarations import among, has_value, marss

_SUMMER_PROGRAM = among("aid", "46")
_SCREENING = among("grade", "PS")
_USUAL = ~_SUMMER_PROGRAM & ~_SCREENING
_VOLUNTARY = tuple(f"{first}{section}" for first in "PR" for section in "ABCDEFGHIJ")
_KINDERGARTEN = tuple(f"K{chr(letter)}" for letter in range(ord("A"), ord("Z") + 1))
_IEP = among("sped", "4", "6", "9")
_ONCE = among("exit", "8", "11", "40")
_FEWER_DAYS = ~among("aid", "98", "46") & ~among("grade", "PS", "EC", "HK")
_ALTERNATIVE = among("school_type", "41", "42", "43", "44", "45")


def _at_most_once(*by: str) -> pl.Expr:
    """Whether at most one usual enrollment has these values."""
    return (_USUAL & _ONCE).sum().over(*by) <= 1


_E, _W = Severity.ERROR, Severity.WARNING

_DATES = (
    marss(
        *("10.10.6521", _E, 55, "exit_withdraw_date"),
        require=pl.col("exit_date") >= pl.col("entry_date"),
        text="The exit date is before the entry date",
        fix="Correct the entry or the exit date.",
        stops=True,
    ),
    marss(
        *("10.10.6212", _E, 27, "entry_date"),
        require=pl.col("entry_date") <= pl.col("year_end"),
        text="The entry date is after June 30, when the school year is over",
        fix="Correct the entry date, or the school year of the enrollment.",
        stops=True,
    ),
    marss(
        *("10.10.6524", _E, 40, "exit_withdraw_date"),
        require=pl.col("exit_date") <= pl.col("year_end"),
        text="The exit date is after June 30, when the school year is over",
        fix="Correct the exit date; what comes after June 30 is summer school, which is not "
        "reported.",
    ),
    marss(
        *("20.10.6525", _W, 112, "exit_withdraw_date"),
        require=pl.col("exit_date") <= pl.col("year_end"),
        text="In the fall collection: the exit date is after June 30",
        fix="Correct the exit date before the end of the year, when this becomes an error.",
    ),
    marss(
        *("10.10.6141", _E, 199, "entry_date"),
        require=pl.col("born") < pl.col("entry_date"),
        text="The birth date is after the entry date",
        fix="Correct the birth date or the entry date.",
    ),
    marss(
        *("10.10.6601", _E, 231, "entry_grade_level"),
        # EE came with the newer list of grades and is for the same young children.
        when=~among("grade", "PS", "EC", "EE", *_VOLUNTARY),
        require=pl.col("age") > 3,
        text="The student is three or younger on September 1, but not in a grade for that age",
        fix="Correct the birth date or the grade.",
    ),
)

_MEMBERSHIP = (
    marss(
        *("10.10.6571", _E, 52, "attendance"),
        when=has_value("exit_date") & _USUAL,
        require=pl.col("attendance") <= pl.col("membership"),
        text="Attendance is more than membership",
        fix="Correct attendance or membership of this enrollment.",
    ),
    marss(
        *("30.10.6362", _E, 12, "membership"),
        when=_FEWER_DAYS & ~_ALTERNATIVE & (pl.col("percent") <= 100),
        require=pl.col("membership") <= pl.col("instructional_days"),
        text="Membership is more than the days of instruction in the school's calendar",
        fix="Correct the membership, or the days of instruction of the calendar.",
    ),
)

_ENDS = (
    marss(
        *("30.10.6519", _E, 23, "exit_withdraw_type"),
        when=has_value("exit_date") & _USUAL,
        require=~(among("exit", "0") | ~has_value("exit")),
        text="The enrollment has ended, but has no status end",
        fix="Enter the status end; 00 is for the fall collection only.",
    ),
    marss(
        *("30.10.6522", _E, 11, "exit_withdraw_type"),
        when=among("exit", "8", "9") & ~_SUMMER_PROGRAM,
        require=among("grade", "11", "12"),
        text="A graduate is in a grade below 11",
        fix="Correct the grade or the status end.",
    ),
    marss(
        *("30.10.6361", _E, 66, "exit_withdraw_type"),
        when=_USUAL & _ONCE,
        require=_at_most_once("local_id", "exit"),
        text="Several enrollments of the student end with the same status end of 8, 11 or 40, "
        "which a student can have only once",
        fix="Keep it on the last enrollment and correct the status end of the other enrollments.",
    ),
    marss(
        *("30.10.6284", _W, 334, "exit_withdraw_type"),
        when=_USUAL & _ONCE,
        require=_at_most_once("local_id", "exit", "serving_type", "serving_number"),
        text="Several enrollments of the student in one district end with the same status end of "
        "8, 11 or 40",
        fix="Keep it on the last enrollment and correct the status end of the other enrollments.",
    ),
    marss(
        *("10.10.62381", _E, 230, "exit_withdraw_type"),
        when=among("exit", "21", "25", "27", "28", "29", "30"),
        require=among("grade", "EC"),
        text="The status end is for early childhood, but the grade is not EC",
        fix="Correct the grade or the status end.",
    ),
    marss(
        *("10.10.62382", _E, 230, "exit_withdraw_type"),
        when=among("exit", "26"),
        require=among("grade", "EC", *_VOLUNTARY),
        text="Status end 26 is for grades EC, PA to PJ and RA to RJ only",
        fix="Correct the grade or the status end.",
    ),
    marss(
        *("10.10.6239", _E, 230, "exit_withdraw_type"),
        when=among("exit", "23"),
        require=among("grade", "EC", "HK", *_KINDERGARTEN),
        text="Status end 23 is for kindergarten and EC only",
        fix="Correct the grade or the status end.",
    ),
)

_SPECIAL_EDUCATION = (
    marss(
        *("10.10.6331", _E, 371, "state_aid_category"),
        when=_IEP,
        require=~among("aid", "20"),
        text="The student receives special education, but with state aid category 20 the parents "
        "pay for school",
        fix="Check that there is an IEP; if so, choose another state aid category.",
    ),
    marss(
        *("10.10.6227", _E, 9, "entry_grade_level"),
        when=_IEP & pl.col("hk_known"),
        require=~among("grade", *_KINDERGARTEN),
        text="A kindergartner with special education is in a grade KA to KZ, not HK",
        fix="Enter grade HK, or correct the special-education status.",
    ),
    marss(
        *("10.10.6229", _E, 125, "special_education_evaluation_status"),
        when=among("grade", "EC"),
        require=among("sped", "2", "3", "4", "5", "6", "9"),
        text="A student in grade EC does not have a special-education status for that grade",
        fix="Enter status 2, 3, 4, 5 or 6, or correct the grade.",
    ),
    marss(
        *("10.10.6226", _E, 129, "special_education_evaluation_status"),
        when=among("sped", "7") & ~_SCREENING,
        require=~pl.col("first"),
        text="Special education ended during the year (status 7), but no earlier enrollment of the "
        "year has it",
        fix="End the enrollment with the IEP on its last day and begin a new one with status 7.",
    ),
)

_AID = (
    marss(
        *("10.10.6205", _E, 19, "resident_local_education_agency"),
        when=among("aid", "0", "22", "29"),
        require=pl.col("same_district"),
        text="The state aid category is for residents, but the student lives in another district",
        fix="Correct the resident district or the state aid category.",
    ),
    marss(
        *("10.10.6206", _E, 58, "resident_local_education_agency"),
        when=among(
            *("aid", "1", "3", "4", "5", "6", "8", "10", "11", "12"),
            *("15", "17", "18", "19", "20", "21"),
        ),
        require=~pl.col("same_district"),
        text="The state aid category is for nonresidents, but the student lives in the serving "
        "district",
        fix="Correct the resident district or the state aid category.",
    ),
    marss(
        *("10.10.62071", _E, 35, "resident_local_education_agency"),
        when=among("aid", "15"),
        require=pl.col("resident_number") == "9998",
        text="State aid category 15 is for residents of another state, and requires resident "
        "district 9998",
        fix="Enter the resident district of type 98 and number 9998, or correct the category.",
    ),
    marss(
        *("10.10.62072", _E, 35, "state_aid_category"),
        when=pl.col("resident_number") == "9998",
        require=among("aid", "15", "18", "41", "42", "43", "44", "45", "98", "46"),
        text="Resident district 9998 is for residents of another state, but the state aid category "
        "is not",
        fix="Correct the state aid category or the resident district.",
    ),
    marss(
        *("10.10.6516", _E, 24, "resident_local_education_agency"),
        when=pl.col("resident_number") != "9998",
        require=among("resident_type", "1", "2", "3", "38"),
        text="The resident district has a type without residents",
        fix="Enter the ID of a district of type 1, 2, 3 or 38, with its type.",
    ),
)

_TRANSPORTATION = (
    marss(
        *("30.10.6335", _E, 375, "transportation_category"),
        when=among("transportation", "3") & _USUAL,
        require=_IEP,
        text="Transportation 03 is for students with an IEP, but the student has none",
        fix="Correct the transportation or the special-education status.",
    ),
    marss(
        *("10.10.6337", _W, 376, "transportation_category"),
        when=among("transportation", "3") & _IEP & ~_SCREENING,
        require=~among("aid", "27", "28", "77"),
        text="Transportation 03 does not fit a state aid category for care and treatment",
        fix="Check that the IEP placed the student; if a court or a doctor did, enter 06.",
    ),
    marss(
        *("10.10.6518", _E, 242, "transporting_local_education_agency"),
        when=has_value("transporting_number") & ~_SCREENING,
        require=among("transporting_type", "1", "2", "3", "7", "8", "38", "70", "98"),
        text="The transporting district has a type without transportation",
        fix="Enter the ID of a district of type 1, 2, 3, 7, 8, 38, 70 or 98, with its type.",
    ),
)

ENROLLMENT_RULES = (
    *_DATES,
    *_MEMBERSHIP,
    *_ENDS,
    *_SPECIAL_EDUCATION,
    *_AID,
    *_TRANSPORTATION,
)
