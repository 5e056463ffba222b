"""demographics.csv in both its forms, programs.csv, and what else a state's reporting needs."""

from tests.integrations.roster.test_roster_oneroster import ALL as ONEROSTER
from tests.integrations.roster.test_roster_rules import ALL, STUDENTS
from tests.roster_bundles import decide, held

DEMOGRAPHICS = (
    "local_id,hispanic,races,ancestry,home_language,characteristics,opt_outs\n"
    "001,Y,White,hl-mexican,,3;,\n"
    "002,N,Asian;White ; Other,,011,,MNC\n"
)
PROGRAMS = (
    "local_id,school_code,school_year,program_type,program_name,begin_date,end_date\n"
    "001,0100,2016-2017,PSEO Program,PSEO Program,2016-09-06,\n"
    "001,0100,2016-2017,PSEO Program,PSEO Program,2017-01-09,2017-05-26\n"
)
RACES = "americanIndianOrAlaskaNative,asian,white,hispanicOrLatinoEthnicity"
THEIRS = (
    f"sourcedId,status,birthDate,sex,{RACES}\n"
    "u1,active,2005-03-01,female,false,true,TRUE,false\n"
    "u2,active,,male,,,,\n"
    "u4,active,,,true,,,true\n"
    "u5,tobedeleted,,,true,,,\n"
)


def test_demographics_are_lists_of_codes_in_one_form() -> None:
    decided = decide({**ALL, "demographics.csv": DEMOGRAPHICS})
    frame = decided.wanted("demographics").frame
    assert frame["races"].to_list() == ["White", "Asian; White; Other"]
    assert frame["characteristics"].to_list() == ["3", None]
    assert frame["hispanic"].to_list() == ["Y", "N"]
    assert decided.outcomes("demographics") == ["matched", "matched"]


def test_demographics_without_a_column_leave_what_is_held() -> None:
    decided = decide({**ALL, "demographics.csv": "local_id,races\n001,\n"})
    absent = ("hispanic", "ancestry", "home_language", "characteristics", "opt_outs")
    assert decided.wanted("demographics").keep_blank == absent


def test_demographics_say_whose_they_are() -> None:
    own = DEMOGRAPHICS + ",N,White,,,,\n009,N,White,,,,\n001,N,,,,,\n"
    decided = decide({**ALL, "demographics.csv": own})
    outcomes = ["duplicate", "matched", "rejected", "unmatched", "duplicate"]
    assert decided.outcomes("demographics") == outcomes
    assert sorted(decided.codes("demographics")) == [
        (1, "roster.duplicate"),
        (3, "roster.no_student"),
        (4, "roster.unknown_student"),
        (5, "roster.duplicate"),
    ]


def test_a_file_that_names_no_students_is_refused_row_by_row() -> None:
    for others in (ALL, ONEROSTER):
        files = {name: text for name, text in others.items() if name != "students.csv"}
        decided = decide({**files, "demographics.csv": "races,sex\nWhite,male\nAsian,\n"})
        assert decided.outcomes("demographics") == ["rejected", "rejected"]


def test_own_demographics_may_lie_beside_a_oneroster_bundle() -> None:
    decided = decide({**ONEROSTER, "demographics.csv": DEMOGRAPHICS})
    assert decided.outcomes("demographics") == ["matched", "unmatched"]
    assert decided.keys("demographics") == ["001"]


def test_oneroster_tells_races_of_students() -> None:
    decided = decide({**ONEROSTER, "demographics.csv": THEIRS})
    wanted = decided.wanted("demographics")
    assert wanted.frame.select("local_id", "hispanic", "races").rows() == [
        ("001", "N", "Asian; White")
    ]
    assert set(wanted.keep_blank) == set(wanted.record.columns)
    assert decided.outcomes("demographics") == ["matched"] * 4
    assert decided.wanted("student").frame["gender"].to_list() == ["F", "M", None]


def test_oneroster_that_tells_no_races_writes_no_demographics() -> None:
    silent = THEIRS.replace("true", "").replace("TRUE", "").replace("false", "")
    decided = decide({**ONEROSTER, "demographics.csv": silent})
    assert [wanted.record.name for wanted in decided.decision.wanted] == [
        *("school", "student", "calendar")
    ]
    passed = decided.findings.filter(code="roster.passed_over")["input"].to_list()
    assert "demographics" not in passed


def test_the_races_of_a_student_left_out_are_left_out() -> None:
    users = ONEROSTER["users.csv"].replace("0123456789", "1")
    decided = decide({**ONEROSTER, "users.csv": users, "demographics.csv": THEIRS})
    assert decided.outcomes("demographics")[0] == "unmatched"


def test_a_student_may_begin_a_program_twice() -> None:
    decided = decide({**ALL, "programs.csv": PROGRAMS})
    assert decided.outcomes("programs") == ["matched", "matched"]
    assert not decided.wanted("program").keep_blank


def test_programs_are_checked_as_enrollments_are() -> None:
    rows = (
        "001,0100,2016,PSEO Program,PSEO Program,2016-09-06,\n"
        "001,0100,2016-2017,Other,Other,2016-09-06,2016-09-05\n"
        "009,0100,2016-2017,Other,Other,2016-09-06,\n"
        "002,0100,2016-2017,Other,,2016-09-06,\n"
        "002,0900,2016-2017,Other,Other,2016-09-06,\n"
    )
    decided = decide({**ALL, "programs.csv": PROGRAMS.splitlines(keepends=True)[0] + rows})
    outcomes = ["rejected", "rejected", "unmatched", "rejected", "matched"]
    assert decided.outcomes("programs") == outcomes
    assert sorted(decided.codes("programs")) == [
        (1, "roster.school_year"),
        (2, "roster.end_before_begin"),
        (3, "roster.unknown_student"),
        (4, "field.required"),
        (5, "roster.unknown_school"),
    ]


def test_programs_may_come_alone() -> None:
    decided = decide({"programs.csv": PROGRAMS}, held(("0100",), ("001",)))
    assert decided.outcomes("programs") == ["matched", "matched"]


def test_what_a_state_asks_is_kept_as_it_is_written() -> None:
    enrollments = (
        "local_id,school_code,school_year,entry_date,membership,aid_category,homebound\n"
        "001,0100,2016-2017,2016-09-06,162.5,00,N\n"
        "002,0100,2016-2017,2016-09-06,,,yes\n"
    )
    calendars = (
        "school_code,school_year,first_day,last_day,instructional_days\n"
        ",2016-2017,2016-09-06,2017-06-02,172\n"
        "0100,2016-2017,2016-09-06,2017-06-02,400\n"
    )
    decided = decide({**ALL, "enrollments.csv": enrollments, "calendars.csv": calendars})
    frame = decided.wanted("enrollment").frame
    assert frame.select("membership", "aid_category", "homebound").rows() == [("162.5", "00", "N")]
    assert decided.codes("enrollments") == [(2, "field.code")]
    assert decided.wanted("calendar").frame["instructional_days"].to_list() == [172]
    assert decided.codes("calendars") == [(2, "field.integer")]


def test_schools_and_students_may_share_a_state_id() -> None:
    schools = "code,name,state_id\n0100,Alder,0123456789\n0200,Oak,0123456789\n"
    decided = decide({"schools.csv": schools, "students.csv": STUDENTS})
    assert decided.findings.is_empty()
