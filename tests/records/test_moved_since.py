"""Nothing that was committed after a moment is missed, in whatever order transactions commit."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.records.database import connect, students
from tests.records.samples import EXAMPLES

from rollcall.core.problems import Problem
from rollcall.integrations.casemis.integration import SPECIAL_EDUCATION
from rollcall.records import read
from rollcall.records.copying import Database
from rollcall.records.problems import SNAPSHOT_UNKNOWN

Grades = dict[str, str | None]


@contextmanager
def looking() -> Iterator[Database]:
    """A transaction that sees one moment."""
    with connect() as conn:
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield conn


def moment(district: int) -> tuple[str, Grades]:
    with looking() as conn:
        return read.snapshot(conn), grades(conn, district)


def grades(conn: Database, district: int) -> Grades:
    frame = read.view(conn, "students", district, "2016-2017")
    return dict(frame.select("local_id", "grade").rows())


def moved(conn: Database, district: int, since: str) -> list[str]:
    return read.moved_since(conn, district, since, ["student"])["local_id"].to_list()


def test_a_transaction_that_began_earlier_and_commits_later_is_not_missed(committed: int) -> None:
    with connect() as early, connect() as late:
        students(early, committed, "early")  # takes the lower log number
        students(late, committed, "late")
        late.commit()
        since, seen = moment(committed)
        early.commit()
        assert list(seen) == ["late"]
        assert moved(late, committed, since) == ["early"]


def test_a_change_taken_back_has_not_happened(committed: int) -> None:
    since, _ = moment(committed)
    with connect() as conn:
        students(conn, committed, "1")
        conn.rollback()
        assert moved(conn, committed, since) == []


def test_a_runs_own_changes_can_be_left_out(committed: int) -> None:
    since, _ = moment(committed)
    with connect() as conn:
        students(conn, committed, "1")
        conn.execute("SET LOCAL rollcall.run = '5'")
        students(conn, committed, "2")
        found = read.moved_since(conn, committed, since, ["student"], ignore_run=5)
        assert found["local_id"].to_list() == ["1"]
        assert read.moved_since(conn, committed, since, ["school"]).is_empty()
        assert read.moved_since(conn, 0, since, ["student"]).is_empty()


#: What one of two sessions does; each edits students of its own, so neither waits for the other.
STEPS = st.tuples(
    st.sampled_from([0, 1]),
    st.sampled_from(["1", "2", "3"]),
    st.sampled_from(["edit", "edit", "commit", "rollback", "look"]),
)


@settings(EXAMPLES, max_examples=25)
@given(steps=st.lists(STEPS, max_size=20))
def test_the_moved_changes_lead_from_any_moment_to_now(
    committed: int, steps: list[tuple[int, str, str]]
) -> None:
    with connect() as a, connect() as b:
        a.execute("DELETE FROM student WHERE district_id = %s", [committed])
        students(a, committed, *(f"{s}{i}" for s in (0, 1) for i in (1, 2, 3)))
        a.commit()
        looks = [moment(committed)]
        for number, (session, student, what) in enumerate(steps):
            conn = (a, b)[session]
            if what == "edit":
                query = "UPDATE student SET grade = %s WHERE local_id = %s"
                conn.execute(query, [str(number), f"{session}{student}"])
            elif what == "look":
                looks.append(moment(committed))
            else:
                conn.execute(what.encode())
        a.commit()
        b.commit()
        now = grades(a, committed)
        for since, seen in looks:
            changes = read.moved_since(a, committed, since, ["student"])
            after = changes["after"].str.json_path_match("$.grade")
            assert seen | dict(zip(changes["local_id"], after, strict=True)) == now
        a.commit()


def test_a_moment_of_another_database_is_refused(conn: Database, district: int) -> None:
    with pytest.raises(Problem) as refused:
        read.moved_since(conn, district, "900000000:900000000:", ["student"])
    assert refused.value.code == SNAPSHOT_UNKNOWN


def test_a_moment_needs_a_transaction_that_sees_one(conn: Database, district: int) -> None:
    with pytest.raises(ValueError, match="repeatable read"):
        read.snapshot(conn)


def test_views_tell_which_record_types_they_read() -> None:
    names = read.record_types_of(["students", "calendar"], [SPECIAL_EDUCATION])
    assert names == ["student", "calendar", "special_education"]
