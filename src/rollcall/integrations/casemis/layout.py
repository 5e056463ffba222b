"""The layouts of the CASEMIS files: Table A, one row per student, and Table B, one per service.

Table A: field names, order, widths and codes are those of facts sections 1.2 and 1.3. Table B's
layout is not public: facts section 1.4 gives the default columns, and a sync can have others.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rollcall.core.files.layouts import Field, Kind, Layout
from rollcall.integrations.casemis import code_words


def _text(name: str, column: str, label: str, width: int | None = None) -> Field:
    return Field(name, column, Kind.TEXT, label, width)


def _name(name: str, column: str, label: str) -> Field:
    """A name: the partner cuts it to 15 characters (seed 001), so a longer one is not an error."""
    return Field(name, column, Kind.TEXT, label, 15, cut=True)


def _date(name: str, column: str, label: str) -> Field:
    return Field(name, column, Kind.DATE, label)


def _code(
    name: str,
    column: str,
    label: str,
    codes: Sequence[str],
    words: Mapping[str, str] = MappingProxyType({}),
) -> Field:
    return Field(name, column, Kind.CODE, label, len(codes[0]), tuple(codes), words=words)


def _filler(name: str, column: str | None, label: str) -> Field:
    return Field(name, column, Kind.FILLER, label)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_YES_NO = ("Y", "N")
_RACES = _words("100 201 202 203 204 205 206 207 208 299 301 302 303 304 399 400 600 700")
_LANGUAGES = tuple(f"{code:02}" for code in range(100))
_REASONS = _words("10 20 30 40 90")  # who referred, and why something was late
_PLANS = _words("10 15 20 30 70 80 90")
_RESIDENCES = _words("10 20 30 40 50 60 71 72 75 90")
_DISABILITIES = _words("200 210 220 230 240 250 260 270 280 281 290 300 310 320 330")
_PRESCHOOL = _words("400 405 410 415 440 450 460 470 475")
_SCHOOL_AGE = _words("400 450 460 470 480 490 500")
_GRADES = _words("01 02 03 04 05 06 07 08 09 10 11 12 13 15 16 17 18")
_EXITS = _words("70 71 72 73 74 76 77 78 81 83")

#: Plan types of students who are not served, so that Table B has no row for them (facts 1.1).
NOT_SERVED = ("70", "80", "90")

#: Columns in which a blank leaves the stored value: A-57 to A-62, filler since 2015-16 (seed 001).
PARTICIPATION = tuple(f"participation{n}" for n in range(1, 7))

TABLE_A = Layout(
    "casemis_a",
    "CASEMIS Student Data (Table A)",
    (
        _date("REPT_DATE", "report_date", "Report date"),
        _text("SELPA_CODE", "selpa_code", "SELPA", 4),
        _text("SELPA_FROM", "selpa_from", "SELPA the student came from", 4),
        _text("DIST_SERV", "district_of_service", "District of service", 7),
        _text("DIST_RESI", "district_of_residence", "District of residence", 7),
        _text("SCH_CODE", "school_code", "School", 7),
        _text("SCH_TYPE", "school_type", "Type of school", 2),
        _name("LAST_NAME", "last_name", "Last name"),
        _name("FIRST_NAME", "first_name", "First name"),
        _text("STUDENT_ID", "special_ed_id", "Special-education ID", 16),
        Field("SSID", "state_id", Kind.DIGITS, "State ID (SSID)", 10),
        _filler("FILLER", None, "Filler"),
        _date("BIRTHDATE", "birth_date", "Birth date"),
        _code("GENDER", "gender", "Gender", ("F", "M")),
        _code("ETHNICITY", "ethnicity", "Ethnicity", ("500", "501", "900")),
        _code("RACE1", "race1", "Race 1", _RACES),
        _code("RACE2", "race2", "Race 2", _RACES),
        _code("RACE3", "race3", "Race 3", _RACES),
        _code("EL", "english_learner", "English learner", _YES_NO),
        _code("NATIVE_LANG", "native_language", "Native language", _LANGUAGES),
        _code("EARLY_INT", "early_intervention", "Early intervention", _YES_NO),
        _date("IN_RFRDATE", "infant_referral_date", "Infant: referral date"),
        _code("IN_RFRBY", "infant_referred_by", "Infant: referred by", _REASONS),
        _date("IN_PRNTCST", "infant_consent_date", "Infant: parental consent date"),
        _date("IN_INTEVAL", "infant_evaluation_date", "Infant: initial evaluation date"),
        _date("RFRDATE", "referral_date", "Referral date"),
        _code("REFR_BY", "referred_by", "Referred by", _REASONS),
        _date("PRNT_CSNT", "consent_date", "Parental consent date"),
        _date("INITEVAL", "initial_evaluation_date", "Initial evaluation date"),
        _code("EVLDLAY", "evaluation_delay", "Evaluation: reason for delay", _REASONS),
        _code("TBDLAY", "third_birthday_delay", "Third birthday: reason for delay", _REASONS),
        _code("PLAN_TYPE", "plan_type", "Type of plan", _PLANS, code_words.PLANS),
        _code("MIGRANT", "migrant", "Migrant", _YES_NO),
        _code("RESID_STAT", "residence_status", "Residence status", _RESIDENCES),
        _date("ENTRY_DATE", "entry_date", "Special-education entry date"),
        _date("LAST_IEP", "last_iep_date", "Last IEP meeting date"),
        _date("LAST_EVAL", "last_evaluation_date", "Last evaluation date"),
        _code("DISABILIT1", "disability1", "Primary disability", _DISABILITIES,
              code_words.DISABILITIES),
        _code("DISABILIT2", "disability2", "Secondary disability", _DISABILITIES,
              code_words.DISABILITIES),
        _code("SOLE_LOW", "solely_low_incidence", "Solely low incidence", _YES_NO),
        _code("INFANT_SET", "infant_setting", "Infant setting", ("21", "22", "23")),
        _code("FEDSET_INF", "federal_setting_infant", "Federal setting: infant",
              ("100", "200", "900")),
        _code("FEDSET_PRS", "federal_setting_preschool", "Federal setting: preschool", _PRESCHOOL),
        _code("FEDSET_SCH", "federal_setting_school", "Federal setting: school age", _SCHOOL_AGE),
        Field("IN_REGCLS", "percent_in_regular_class", Kind.INTEGER, "Percent in regular class",
              3, low=1, high=100),
        _code("GRADE", "grade", "Grade", _GRADES),
        *(
            _code(f"TRAN_REG{n}", f"transition{n}", f"Transition requirement {n}", ("10", "20"))
            for n in range(1, 8)
        ),
        _code("TRAN_REG8", "transition8", "Transition requirement 8", ("10", "20", "30")),
        _code("SPEC_TRANS", "special_transportation", "Special transportation", _YES_NO),
        _code("PARINPUT", "parent_input", "Parent input", ("10", "20", "30")),
        *(
            _filler(f"FILLER{n}", column, f"State test participation {n}")
            for n, column in enumerate(PARTICIPATION, 1)
        ),
        _code("GRAD_PLAN", "graduation_plan", "Graduation plan", ("10", "20")),
        _date("EXIT_DATE", "exit_date", "Special-education exit date"),
        _code("EXIT_RESON", "exit_reason", "Exit reason", _EXITS, code_words.EXITS),
        _code("IEPDELAY", "iep_delay", "IEP meeting: reason for delay", _REASONS),
        _code("TRIDELAY", "triennial_delay", "Triennial evaluation: reason for delay", _REASONS),
    ),
)  # fmt: skip

# Service codes, seen and guessed alike: an unknown one is only a warning (facts 1.3).
_SERVICES = _words(
    "210 220 230 240 250 260 270 330 340 350 415 425 435 436 445 450 460 510 515 520 525 530 535 "
    "540 545 610 710 715 720 725 730 735 740 745 750 755 760 820 830 840 850 855 860 865 870 890 "
    "900"
)

_TABLE_B = (
    _date("REPT_DATE", "report_date", "Report date"),
    _text("SELPA_CODE", "selpa_code", "SELPA", 4),
    _text("STUDENT_ID", "special_ed_id", "Special-education ID", 16),
    Field("SSID", "state_id", Kind.DIGITS, "State ID (SSID)", 10),
    Field("SERVICE", "service_code", Kind.CODE, "Service", 3, tuple(_SERVICES),
          unknown_code="warning", required=True, words=code_words.SERVICES),
    _text("PROVIDER", "provider", "Provider"),
    _text("LOCATION", "location", "Location"),
    _text("FREQUENCY", "frequency", "Frequency"),
    _text("DURATION", "duration", "Duration in minutes"),
)  # fmt: skip

#: The names a Table B column can have, in the default order.
TABLE_B_NAMES = tuple(field.name for field in _TABLE_B)
#: A column whose name starts with this is read and dropped.
DROPPED = "FILLER"


def table_b(names: Sequence[str] = TABLE_B_NAMES) -> Layout:
    """Table B with the columns of these names, in this order (`is_table_b_name`)."""
    fields_by_name = {field.name: field for field in _TABLE_B}
    fields = tuple(fields_by_name.get(name) or _filler(name, None, "Not used") for name in names)
    return Layout("casemis_b", "CASEMIS Student Services Data (Table B)", fields)


def is_table_b_name(name: str) -> bool:
    """Whether a Table B column can have this name."""
    return name in TABLE_B_NAMES or name.startswith(DROPPED)
