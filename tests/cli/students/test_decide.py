"""Deciding about rows on the command line, in the words of docs/how-to/unmatched.md."""

import json
from collections.abc import Callable

import click.testing
import polars as pl
import pytest
from tests.town import RowMaker, Town

from rollcall.access.models import AuditEntry
from rollcall.cli import main

Invoke = Callable[..., click.testing.Result]


@pytest.fixture
def rollcall(town: Town, students: pl.DataFrame, table_a: RowMaker) -> Invoke:
    """A town whose last run left one row open."""
    town.load({"students": students})
    row = table_a(SSID="9", LAST_NAME="Garcia", FIRST_NAME="Elena", BIRTHDATE="03/14/2008")
    town.drop("A.csv", row.replace(",9,", ",0000000091,").encode())
    town.run()

    def invoke(*arguments: str, code: int = 0) -> click.testing.Result:
        runner = click.testing.CliRunner()
        done = runner.invoke(main, arguments, env={"ROLLCALL_DISTRICT": town.code})
        assert done.exit_code == code, f"{done.output}\n{done.exception!r}"
        return done

    return invoke


def last(rollcall: Invoke) -> str:
    return str(json.loads(rollcall("runs", "--sync", "casemis", "--json").stdout)[0]["run"])


def test_a_row_is_listed_linked_and_open_again_when_that_is_revoked(rollcall: Invoke) -> None:
    run = last(rollcall)
    printed = rollcall("unmatched").stdout
    assert f"casemis: 1 open, 1 new since the run before (run {run})" in printed
    assert "100001  differs: state_id" in printed
    decision = json.loads(rollcall("link", run, "1", "100001", "--note", "seen", "--json").stdout)
    assert (decision["kind"], decision["local_id"], decision["note"]) == ("link", "100001", "seen")
    assert "casemis: 0 open" in rollcall("unmatched", "casemis").stdout
    listed = rollcall("decisions", "casemis").stdout
    assert f"{decision['number']}  casemis, state id 0000000091: Linked to student 100001" in listed
    assert "Revoked" in rollcall("revoke", str(decision["number"])).stdout
    assert "casemis: 1 open" in rollcall("unmatched").stdout
    assert "Nothing is decided yet" in rollcall("decisions").stdout


def test_what_is_seen_and_decided_is_in_the_audit_log(rollcall: Invoke, town: Town) -> None:
    run = last(rollcall)
    rollcall("unmatched")
    rollcall("explain", run, "1")
    rollcall("student", "100001")
    rollcall("link", run, "1", "100001")
    entries = AuditEntry.objects.filter(district=town.district).order_by("pk")
    assert [(entry.action, entry.what.rpartition(" ")[0]) for entry in entries] == [
        ("saw", "unmatched"),
        ("saw", "run"),
        ("saw", "student"),
        ("decided about", f"run {run}, line"),
    ]
    assert all(entry.who.endswith("(command line)") for entry in entries)


def test_a_different_person_and_an_ignored_row(rollcall: Invoke) -> None:
    run = last(rollcall)
    assert "Not student 100001" in rollcall("different", run, "1", "100001").stdout
    assert "100001" not in rollcall("unmatched").stdout
    assert "until 2999-01-01" in rollcall("ignore", run, "1", "--until", "2999-01-01").stdout
    assert "casemis: 0 open" in rollcall("unmatched").stdout
    assert len(json.loads(rollcall("decisions", "--json").stdout)) == 2


def test_what_cannot_be_decided_ends_with_a_sentence(rollcall: Invoke) -> None:
    run = last(rollcall)
    assert "decision.no_student" in rollcall("link", run, "1", "7", code=2).stderr
    assert (
        "decision.until_past"
        in rollcall("ignore", run, "1", "--until", "2016-01-01", code=2).stderr
    )
    assert "decision.unknown" in rollcall("revoke", "0", code=2).stderr


def test_a_student_is_shown_with_their_timeline(rollcall: Invoke) -> None:
    printed = rollcall("student", "100001").stdout
    assert "García, Elena" in printed
    assert "add student last_name: (blank) -> García" in printed
    assert json.loads(rollcall("student", "garcia, e", "--json").stdout)["ids"]["district"] == (
        "100001"
    )
    assert "100004" in rollcall("student", "lee").stdout
    assert "no such student" in rollcall("student", "zzz", code=2).stderr
