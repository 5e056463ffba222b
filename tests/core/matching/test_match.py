"""The matching rules of seed 001, each as a test, and all of them against a plain reference."""

import unicodedata
from collections import Counter
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.examples import examples

from rollcall.core.findings import Codes
from rollcall.core.matching.match import match_findings, match_students
from rollcall.core.matching.match_decisions import MATCH_DECISIONS_SCHEMA
from rollcall.core.matching.match_reasons import REASONS
from rollcall.core.matching.names import fold_name
from rollcall.core.plans.plan import OUTCOME_SCHEMA

BORN = date(2005, 3, 9)
ID_SCHEMA = {"state_id": pl.String(), "last_name": pl.String(), "first_name": pl.String()}
ROW_SCHEMA = {"line": pl.UInt32(), **ID_SCHEMA, "birth_date": pl.Date()}
STUDENT_SCHEMA = {"local_id": pl.String(), **ID_SCHEMA, "birth_date": pl.Date()}

STUDENTS = [
    ("1001", "1000000001", "Nuñez", "José", BORN),
    ("1002", "1000000002", "Lee", "Ann", BORN),
    ("1003", None, "Lee", "Ann", BORN),
    ("1004", "1000000004", "Featherstonehaugh-Smythe", "Bo", BORN),
    ("1005", "1000000005", "Same", "Id", BORN),
    ("1006", "1000000005", "Same", "Id Too", BORN),
]


def frame(tuples: list[Any], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(tuples, schema=schema, orient="row")


def decide(*rows: tuple[Any, ...], refused: list[tuple[int, str | None]] | None = None) -> Any:
    """(outcome, rule, local_id) of each row, lines counted from 1."""
    table = frame([(line, *row) for line, row in enumerate(rows, 1)], ROW_SCHEMA)
    unread = frame(refused or [], {"line": pl.UInt32(), "id": pl.String()})
    found = match_students(table, frame(STUDENTS, STUDENT_SCHEMA), unread)
    return found.select("outcome", "rule", "local_id").rows()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("1000000001", "Other", "Name", None), ("matched", "state_id", "1001")),
        (("9999999999", "Nuñez", "José", BORN), ("unmatched", "unknown_state_id", None)),
        (("1000000005", None, None, None), ("ambiguous", "shared_state_id", None)),
        ((None, "NUNEZ", "jose", BORN), ("matched", "name_birth_date", "1001")),
        (("", "Nun\u0303ez", "Jose\u0301", BORN), ("matched", "name_birth_date", "1001")),
        ((None, "FEATHERSTONEHAU", "BO", BORN), ("matched", "name_birth_date", "1004")),
        ((None, "FEATHERSTONEHA", "BO", BORN), ("unmatched", "unknown_name", None)),
        ((None, "Lee", "Ann", BORN), ("ambiguous", "shared_name", None)),
        ((None, "Nuñez", "José", date(2005, 9, 3)), ("unmatched", "unknown_name", None)),
        ((None, "Nuñez", None, BORN), ("unmatched", "nothing_to_match_on", None)),
        ((None, "Nuñez", "José", None), ("unmatched", "nothing_to_match_on", None)),
    ],
)
def test_each_rule(row: Any, expected: Any) -> None:
    assert decide(row) == [expected]


def test_an_ambiguous_row_names_whom_it_cannot_choose_from() -> None:
    row = frame([(1, None, "Lee", "Ann", BORN)], ROW_SCHEMA)
    found = match_students(row, frame(STUDENTS, STUDENT_SCHEMA))
    assert found["candidates"].to_list() == [["1002", "1003"]]
    told = match_findings(found, "students")
    assert told.select("input", "line", "code", "detail").rows() == [
        ("students", 1, "match.shared_name", "2 students: 1002, 1003")
    ]


def test_the_same_state_id_twice_matches_neither_known_or_not() -> None:
    known = ("1000000001", None, None, None)
    unknown = ("9999999999", None, None, None)
    same = ("duplicate", "same_state_id", None)
    assert decide(known, unknown, known, unknown) == [same] * 4


def test_a_row_is_a_duplicate_of_a_row_that_was_refused() -> None:
    row = ("1000000001", None, None, None)
    assert decide(row, refused=[(7, "1000000001")]) == [("duplicate", "same_state_id", None)]
    assert decide(row, refused=[(7, None), (8, "")]) == [("matched", "state_id", "1001")]


def test_two_rows_that_find_one_student_in_different_ways_are_duplicates() -> None:
    by_id, by_name = ("1000000001", "x", "y", None), (None, "Nunez", "Jose", BORN)
    assert decide(by_id, by_name) == [("duplicate", "same_student", None)] * 2
    assert decide(by_name, by_name) == [("duplicate", "same_student", None)] * 2
    assert decide(by_name, refused=[(9, "1000000001")]) == [("duplicate", "same_student", None)]


def test_names_are_cut_before_they_are_folded() -> None:
    assert fold_name("Müller") == fold_name("MULLER")
    assert fold_name("Ångström-Straße Nord") == "angstrom-strasse"
    assert fold_name("Abcdefghijklmn opqr") == "abcdefghijklmn"
    assert fold_name("́") == ""


def test_every_reason_is_a_declared_finding() -> None:
    assert {Codes.get(code).code for code in REASONS.values()} == set(REASONS.values())
    assert all(code == f"match.{rule}" for rule, code in REASONS.items())


# The reference: the same rules, one row at a time, with nothing clever.


def plain_key(last: str | None, first: str | None, born: date | None) -> Any:
    def plain(name: str) -> str:
        cut = unicodedata.normalize("NFC", name)[:15].strip()
        spread = unicodedata.normalize("NFKD", cut)
        return "".join(c for c in spread if not unicodedata.combining(c)).casefold()

    key = (plain(last or ""), plain(first or ""), born)
    return key if all(key) else None


def reference(
    rows: Any, students: Any, refused: Any, decisions: Any = ()
) -> dict[int, tuple[str, Any]]:
    def fits(ssid: str | None, last: str | None, first: str | None, born: date | None) -> list[str]:
        key = plain_key(last, first, born)
        who = [
            s[0] for s in students if (s[1] == ssid if ssid else key and plain_key(*s[2:]) == key)
        ]
        about = [d for d in decisions if key_of(*d[0]) == key_of(ssid, last, first, born)]
        never = {whom for _, kind, whom in about if kind == "different"}
        who = [one for one in who if one not in never]
        links = [whom for _, kind, whom in about if kind == "link" and whom not in never]
        if links and (not ssid or not who or (len(who) > 1 and links[0] in who)):
            return [s[0] for s in students if s[0] == links[0]]
        return who

    claims = {line: fits(*row) for line, *row in rows}
    claims |= {line: fits(ssid, None, None, None) for line, ssid in refused}
    ssids = Counter([r[1] for r in rows] + [r[1] for r in refused])
    claimed = Counter(who[0] for who in claims.values() if len(who) == 1)
    outcomes: dict[int, tuple[str, Any]] = {}
    for line, ssid, *_ in rows:
        who = claims[line]
        if (ssid and ssids[ssid] > 1) or (len(who) == 1 and claimed[who[0]] > 1):
            outcomes[line] = ("duplicate", None)
        elif len(who) > 1:
            outcomes[line] = ("ambiguous", sorted(who))
        else:
            outcomes[line] = ("matched", who[0]) if who else ("unmatched", None)
    return outcomes


def key_of(ssid: str | None, last: str | None, first: str | None, born: date | None) -> Any:
    return ssid or plain_key(last, first, born) or object()


SSIDS = st.sampled_from([None, "", "1", "2", "3", "4"])
NAMES = st.sampled_from(
    [None, "", "Ann", "ANN", "Ánn", "A\u0301nn", "Abcdefghijklmnop", "Abcdefghijklmno", "ß", "ss"]
)
BORNS = st.sampled_from([None, BORN, date(2006, 1, 1)])
PERSON = st.tuples(SSIDS, NAMES, NAMES, BORNS)


#: (whom a row is about, kind, student); S9 is nobody.
DECISION = st.tuples(
    PERSON, st.sampled_from(["link", "different"]), st.sampled_from(["S0", "S1", "S2", "S9"])
)


def as_frame(decisions: Any) -> pl.DataFrame:
    """The decisions, one link an identity: the last one counts, as the database has it."""
    made = {}
    for (ssid, last, first, born), kind, whom in decisions:
        key = plain_key(last, first, born)
        who = (ssid, None, None, None) if ssid else (None, *key) if key else None
        if who is not None:
            made[who, kind, whom if kind == "different" else None] = whom
    rows = [("casemis", kind, *who, whom, None, "P", BORN) for (who, kind, _), whom in made.items()]
    return frame(rows, MATCH_DECISIONS_SCHEMA)


def last_links(decisions: Any) -> Any:
    """The same decisions for the reference: of several links of one identity the last."""
    kept = {}
    for who, kind, whom in decisions:
        key = who[0] or plain_key(*who[1:])
        if key:
            kept[key, kind, whom if kind == "different" else None] = (who, kind, whom)
    return list(kept.values())


@examples(150)
@given(
    st.lists(PERSON, max_size=8),
    st.lists(PERSON, max_size=6),
    st.lists(SSIDS, max_size=3),
    st.lists(DECISION, max_size=6),
)
def test_match_agrees_with_the_reference(
    file: Any, district: Any, unread: Any, decisions: Any
) -> None:
    rows = [(line, *person) for line, person in enumerate(file, 1)]
    students = [(f"S{n}", *person) for n, person in enumerate(district)]
    refused = [(line, ssid) for line, ssid in enumerate(unread, len(rows) + 1)]
    found = match_students(
        frame(rows[::-1], ROW_SCHEMA),
        frame(students, STUDENT_SCHEMA),
        frame(refused, {"line": pl.UInt32(), "id": pl.String()}),
        as_frame(decisions),
    )
    assert found.schema == OUTCOME_SCHEMA
    got = {
        r["line"]: (r["outcome"], r["candidates"] if r["candidates"] else r["local_id"])
        for r in found.iter_rows(named=True)
    }
    assert got == reference(rows, students, refused, last_links(decisions))
