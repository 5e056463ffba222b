"""What the operations do beyond what the how-to shows: the same as the engine, and written down."""

from urllib.parse import quote

import pytest
from tests.api.programs import Calling, Program, token_text
from tests.hostile_names import HOSTILE_NAMES
from tests.town import Town
from tests.town_fixtures import five_students, table_a_line

from rollcall.access import tokens
from rollcall.access.models import ApiToken, AuditEntry
from rollcall.access.roles import Role
from rollcall.api import callers
from rollcall.core.problems import Problem
from rollcall.engine.models import Run, RunState, Sync
from rollcall.engine.runs import starting
from rollcall.records.models import Student


@pytest.fixture
def lived(town: Town) -> Town:
    """A town with students and a run whose second row is unmatched, its third rejected."""
    return live(town)


@pytest.fixture(scope="module")
def shared_lived(shared_town: Town) -> Town:
    """The same for all tests that only look."""
    return live(shared_town)


def live(town: Town) -> Town:
    town.load({"students": five_students()})
    rows = (
        table_a_line(SSID="0000000001", PLAN_TYPE="10"),
        table_a_line(LAST_NAME="Garcia", FIRST_NAME="Eline", BIRTHDATE="03152008"),
        table_a_line(SSID="0000000003", PLAN_TYPE="99"),
    )
    town.drop("A.csv", "\n".join(rows).encode() + b"\n")
    town.run()
    return town


def last(town: Town) -> int:
    return Run.objects.filter(district=town.district).latest("pk").pk


def did(town: Town, action: str) -> list[str]:
    entries = AuditEntry.objects.filter(district=town.district, action=action)
    return [entry.what for entry in entries.order_by("pk")]


# Runs


def test_runs_are_paged_by_key_and_filtered(lived: Town, calling: Calling) -> None:
    lived.run(test=True)
    program = calling(Role.VIEWER)
    first = program.get("runs", limit=2).json()
    rest = program.get("runs", limit=2, before=first["next"]).json()
    assert [len(first["runs"]), len(rest["runs"]), rest["next"]] == [2, 1, None]
    tests = program.get("runs", test="true", sync="casemis").json()["runs"]
    assert [one["run"] for one in tests] == [last(lived)]


def test_rows_are_those_of_the_run_and_seeing_them_is_written_down(
    lived: Town, calling: Calling
) -> None:
    program, number = calling(Role.VIEWER), last(lived)
    found = program.get(f"runs/{number}/rows", input="students", outcome="unmatched").json()
    assert [row["line"] for row in found["rows"]] == [2]
    assert did(lived, "saw") == [f"run {number}"]


def test_failed_rows_come_as_they_were_written(lived: Town, calling: Calling) -> None:
    program, number = calling(Role.VIEWER), last(lived)
    (name,) = program.get(f"runs/{number}/failed-rows").json()
    answer = program.get(f"runs/{number}/failed-rows/{name}")
    content = b"".join(answer.streaming_content)
    assert content.splitlines() == (lived.outgoing / "A.csv").read_bytes().splitlines()[1:]


def test_failed_rows_come_for_a_spreadsheet_too(lived: Town, calling: Calling) -> None:
    program, number = calling(Role.VIEWER), last(lived)
    assert program.get(f"runs/{number}/failed-rows", form="other").status_code == 422
    (name,) = program.get(f"runs/{number}/failed-rows", form="spreadsheet").json()
    answer = program.get(f"runs/{number}/failed-rows/{name}", form="spreadsheet")
    assert answer["Content-Type"] == "text/csv"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    first = answer.getvalue().decode("utf-8-sig").splitlines()[0]
    assert first.endswith("OriginalLineNumber,Outcome,Error,WhatToDo,OriginalText")
    assert program.get(f"runs/{number}/failed-rows/{name}").status_code == 404


@pytest.mark.parametrize("name", HOSTILE_NAMES)
@pytest.mark.parametrize("where", ["reports", "failed-rows"])
def test_a_name_from_outside_finds_no_file(
    shared_lived: Town, monkeypatch: pytest.MonkeyPatch, where: str, name: str
) -> None:
    monkeypatch.setattr(callers, "clock", shared_lived.clock)
    program = Program(token_text(shared_lived, Role.VIEWER))
    answer = program.get(f"runs/{last(shared_lived)}/{where}/{quote(name, safe='')}")
    assert answer.status_code in (400, 404, 422)


def test_a_report_of_another_name_is_not_there(lived: Town, calling: Calling) -> None:
    assert calling(Role.VIEWER).get(f"runs/{last(lived)}/reports/..").status_code == 404


def test_a_run_that_is_not_held_is_not_approved(lived: Town, calling: Calling) -> None:
    answer = calling(Role.APPROVER).post(f"runs/{last(lived)}/approve")
    assert (answer.status_code, answer.json()["code"]) == (409, "approval.not_held")


def test_undoing_is_a_run_of_its_own(lived: Town, calling: Calling) -> None:
    number = last(lived)
    begun = calling(Role.APPROVER).post(f"runs/{number}/undo", {"test": True}).json()
    assert (begun["undo_of"], begun["test"], begun["state"]) == (number, True, "queued")


# Syncs


def test_runs_that_wait_are_not_endlessly_many(
    lived: Town, calling: Calling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "MOST_QUEUED", 2)
    program = calling(Role.OPERATOR)
    started = [program.post("syncs/casemis/runs", {"test": True}) for _ in range(3)]
    assert [answer.status_code for answer in started] == [202, 202, 409]
    assert started[-1].json()["code"] == "sync.too_many_queued"
    assert Run.objects.filter(district=lived.district, state=RunState.QUEUED).count() == 2


def test_a_sync_that_is_paused_takes_test_runs_only(lived: Town, calling: Calling) -> None:
    program = calling(Role.OPERATOR)
    program.post("syncs/casemis/runs")
    assert program.post("syncs/casemis/pause").json() == {"stopped": 1}
    answer = program.post("syncs/casemis/runs")
    assert (answer.status_code, answer.json()["code"]) == (409, "sync.paused")
    assert program.post("syncs/casemis/runs", {"test": True}).status_code == 202
    assert program.post("syncs/casemis/resume").status_code == 200
    assert not Sync.objects.get(district=lived.district, name="casemis").paused


def test_a_run_is_started_in_the_name_of_the_tokens_owner(lived: Town, calling: Calling) -> None:
    text = token_text(lived, Role.OPERATOR)
    Program(text).post("syncs/casemis/runs", {"test": True})
    run = Run.objects.get(pk=last(lived))
    owner = ApiToken.objects.get(sha256=tokens.hashed(text)).user.email
    assert (run.started_by, run.person, run.state) == ("api", owner, RunState.QUEUED)
    entry = AuditEntry.objects.get(district=lived.district, action="started")
    assert (entry.who, entry.detail["token"]) == (owner, "test")


def test_what_a_run_cannot_be_started_with_is_said_at_its_place(
    lived: Town, calling: Calling
) -> None:
    program = calling(Role.OPERATOR)
    answer = program.post("syncs/casemis/runs", {"tset": True})
    assert (answer.status_code, list(answer.json()["places"])) == (422, ["body.tset"])
    answer = program.upload("syncs/casemis/runs", {"partial": "yes"})
    assert answer.json()["code"] == "partial.needs_files"


def test_a_schedule_is_previewed_and_saved(town: Town, calling: Calling) -> None:
    program = calling(Role.ADMIN)
    wanted = {"settings": {"days": ["mon"], "at": ["18:30"], "enabled": True}}
    previewed = program.post("syncs/casemis/schedule/preview", wanted).json()
    assert len(previewed["next_times"]) == 5
    assert program.get("syncs/casemis/schedule").json()["status"] == "Disabled"
    assert program.put("syncs/casemis/schedule", wanted).json()["status"] == "Enabled"
    wrong = program.put("syncs/casemis/schedule", {"settings": {"at": ["25:00"]}})
    assert (wrong.status_code, list(wrong.json()["places"])) == (422, ["at"])


# Students and decisions


def test_a_record_is_edited_as_it_was_seen(lived: Town, calling: Calling) -> None:
    program = calling(Role.STEWARD)
    number = Student.objects.get(district=lived.district, local_id="100003").pk
    seen = program.get(f"students/{number}").json()["student"]
    wanted = {"values": {"grade": "05"}, "digest": seen["digest"]}
    changed = program.patch(f"records/student/{number}", wanted)
    assert changed.json() == {"grade": {"before": "04", "after": "05"}}
    again = program.patch(f"records/student/{number}", {**wanted, "values": {"grade": "06"}})
    assert (again.status_code, again.json()["code"]) == (409, "edit.moved")
    timeline = program.get(f"students/{number}").json()["timeline"]
    assert timeline[0]["after"] == "05"


def test_what_cannot_be_is_not_saved(lived: Town, calling: Calling) -> None:
    program = calling(Role.STEWARD)
    number = Student.objects.get(district=lived.district, local_id="100003").pk
    digest = program.get(f"students/{number}").json()["student"]["digest"]
    wanted = {"values": {"birth_date": "yesterday"}, "digest": digest}
    answer = program.patch(f"records/student/{number}", wanted)
    assert (answer.status_code, list(answer.json()["places"])) == (422, ["birth_date"])


def test_a_decision_is_listed_and_taken_back(lived: Town, calling: Calling) -> None:
    program, run = calling(Role.STEWARD), last(lived)
    wanted = {"run": run, "line": 2, "decision": "ignore", "until": "2017-01-31"}
    made = program.post("decisions", wanted).json()
    assert [one["number"] for one in program.get("decisions").json()["decisions"]] == [
        made["number"]
    ]
    assert program.delete(f"decisions/{made['number']}").json() == made
    assert program.delete(f"decisions/{made['number']}").status_code == 404


# Alerts


def test_an_alert_is_acknowledged(lived: Town, calling: Calling) -> None:
    program = calling(Role.STEWARD)
    number = program.get("alerts").json()["alerts"][0]["alert"]
    known = program.post(f"alerts/{number}/acknowledge", {"note": "on it"}).json()
    assert (known["state"], known["note"]) == ("acknowledged", "on it")


# Configuration


def test_an_exported_configuration_applies_and_changes_nothing(
    town: Town, calling: Calling
) -> None:
    program = calling(Role.ADMIN)
    document = program.get("config").json()
    done = program.post("config", {"document": document}).json()
    assert {one["became"] for one in done} == {"same"}


def test_a_mistake_in_a_configuration_changes_nothing(town: Town, calling: Calling) -> None:
    program = calling(Role.ADMIN)
    document = program.get("config").json()
    document["district"]["name"] = "Other"
    document["syncs"]["casemis"]["connection"] = "nowhere"
    answer = program.post("config", {"document": document})
    assert (answer.status_code, answer.json()["code"]) == (422, "config.invalid")
    assert town.district.name == "Test Unified"


def test_the_servers_environment_is_not_read(
    town: Town, calling: Calling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEIS_PASSWORD", "the server's own")
    document = town.document()
    sftp = {"type": "sftp", "host": "h", "user": "u", "password": "${env:SEIS_PASSWORD}"}
    document["connections"]["other"] = sftp
    program = calling(Role.ADMIN)
    refused = program.post("config", {"document": document})
    assert refused.status_code == 422
    given = {"document": document, "secrets": {"SEIS_PASSWORD": "mine"}}
    assert program.post("config", given).status_code == 200


def test_another_districts_configuration_is_refused(town: Town, calling: Calling) -> None:
    document = town.document()
    document["district"]["code"] = "another"
    answer = calling(Role.ADMIN).post("config", {"document": document})
    assert (answer.status_code, answer.json()["code"]) == (422, "api.other_district")


# Tokens


def test_a_token_may_not_do_more_than_who_makes_it(town: Town, calling: Calling) -> None:
    owner = ApiToken.objects.get(sha256=tokens.hashed(token_text(town, Role.OPERATOR))).user
    with pytest.raises(Problem, match="cannot do more"):
        tokens.make(owner, town.district, Role.APPROVER, "t", town.clock)
