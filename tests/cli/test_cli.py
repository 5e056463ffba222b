"""The command line: what it prints for programs, and how it says that something is wrong."""

import json
from collections.abc import Callable
from pathlib import Path

import click.testing
import polars as pl
import pytest
from tests.town import RowMaker, Town

from rollcall.cli import main

Invoke = Callable[..., click.testing.Result]


@pytest.fixture
def rollcall(town: Town) -> Invoke:
    def invoke(*arguments: str, code: int = 0) -> click.testing.Result:
        runner = click.testing.CliRunner()
        done = runner.invoke(main, arguments, env={"ROLLCALL_DISTRICT": town.code})
        assert done.exit_code == code, f"{done.output}\n{done.exception!r}"
        return done

    return invoke


@pytest.fixture
def ready(town: Town, students: pl.DataFrame, table_a: RowMaker) -> Path:
    """Students are loaded and a file waits; the path of a further file."""
    town.load({"students": students})
    town.drop("A.csv", table_a(SSID="0000000001").encode())
    other_file = town.folder / "other.csv"
    other_file.write_text(table_a(SSID="0000000003"))
    return other_file


def test_run_prints_counts_findings_and_reports_for_programs(ready: Path, rollcall: Invoke) -> None:
    result = json.loads(rollcall("run", "casemis", "--test", "--json").stdout)
    assert (result["state"], result["test"]) == ("done", True)
    assert list(result["counts"]["students"]) == [
        "read", "matched", "unmatched", "duplicate", "ambiguous", "rejected",
        "added", "updated", "ended", "removed", "unchanged",
    ]  # fmt: skip
    assert "TEST_CASEMIS_TypeA_ImportedRecords.csv" in result["reports"]
    shown = json.loads(rollcall("show", str(result["run"]), "--json").stdout)
    assert shown == result


def test_an_uploaded_file_is_read_instead_of_the_connections(ready: Path, rollcall: Invoke) -> None:
    run = json.loads(rollcall("run", "casemis", "--input", f"students={ready}", "--json").stdout)
    answer = json.loads(rollcall("explain", str(run["run"]), "1", "--json").stdout)
    assert answer["local_id"] == "100003"


def test_reports_are_copied(ready: Path, rollcall: Invoke, tmp_path: Path) -> None:
    run = json.loads(rollcall("run", "casemis", "--json").stdout)["run"]
    rollcall("reports", str(run), str(tmp_path / "reports"))
    assert (tmp_path / "reports" / "CASEMIS_TypeA_NotInFile.csv").is_file()


def test_records_written_out_load_again_without_a_change(
    ready: Path, rollcall: Invoke, tmp_path: Path
) -> None:
    rollcall("records", "export", str(tmp_path / "out"))
    result = json.loads(rollcall("records", "load", str(tmp_path / "out"), "--json").stdout)
    assert result["counts"]["students"]["unchanged"] == 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "casemiss"), "Did you mean 'casemis'?"),
        (("run", "casemis", "--input", "A.csv"), "NAME=PATH"),
        (("run", "casemis", "--input", "tableA=A.csv"), "students, services"),
        (("run", "casemis", "--input", "students=/no/such/file"), "cannot be opened"),
        (("run", "casemis", "export"), "import"),
        (("show", "999999999"), "no run 999999999"),
        (("connection", "test", "nowhere"), "There are: seis"),
        (("records", "load", "."), "None of the files"),
    ],
)
def test_wrong_usage_says_what_is_right(
    rollcall: Invoke, arguments: tuple[str, ...], words: str
) -> None:
    assert words in rollcall(*arguments, code=2).stderr


def test_a_config_with_a_mistake_names_its_place(rollcall: Invoke, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[district]\ncode = '1'\nnmae = 'x'\n")
    message = rollcall("config", "apply", str(tmp_path / "bad.toml"), code=2).stderr
    assert "district.nmae: unknown setting" in message
    assert "district.timezone" in message


def test_pause_and_resume(ready: Path, rollcall: Invoke) -> None:
    rollcall("pause", "casemis")
    assert "paused" in rollcall("run", "casemis", code=2).stderr
    rollcall("resume", "casemis")
    rollcall("run", "casemis")


def test_syncs_show_the_schedule_with_its_status_and_next_times(
    town: Town, rollcall: Invoke
) -> None:
    town.apply(schedule={"days": ["mon", "wed", "fri"], "at": ["18:30"]})
    (casemis,) = json.loads(rollcall("syncs", "--json").stdout)
    assert casemis["status"] == "Disabled"
    assert casemis["schedule"] == "Mon, Wed, Fri at 6:30 pm Pacific Time"
    assert len(casemis["next_times"]) == 5


def test_syncs_say_how_they_are_and_what_to_do(ready: Path, rollcall: Invoke) -> None:
    (casemis,) = (
        s for s in json.loads(rollcall("syncs", "--json").stdout) if s["name"] == "casemis"
    )
    assert (casemis["state"], casemis["last_good"]) == ("Never run", "")
    assert "next step  Make a test run" in rollcall("syncs").stdout


def test_alerts_are_listed_and_acknowledged(ready: Path, town: Town, rollcall: Invoke) -> None:
    assert "all is fine" in rollcall("alerts").stdout
    (town.outgoing / "A.csv").unlink()
    rollcall("run", "casemis", code=4)
    (alert,) = json.loads(rollcall("alerts", "--json").stdout)
    assert (alert["code"], alert["state"]) == ("file.missing", "open")
    rollcall("acknowledge", str(alert["alert"]), "--note", "Asked the vendor")
    printed = rollcall("alerts", "--sync", "casemis").stdout
    assert "acknowledged" in printed
    assert "Asked the vendor" in printed
    assert "no alert 999999999" in rollcall("acknowledge", "999999999", code=2).stderr


def test_a_schedule_is_shown_and_switched(town: Town, rollcall: Invoke) -> None:
    town.apply(schedule={"frequency": "daily", "at": ["18:30"], "blackout": ["2000-01-01"]})
    schedule = json.loads(rollcall("schedule", "casemis", "--enable", "--json").stdout)
    assert (schedule["status"], len(schedule["next_times"])) == ("Enabled", 5)
    assert rollcall("schedule", "casemis", "--disable").stdout.startswith("Disabled: Every day at")


def test_versions_are_listed_and_restored(town: Town, rollcall: Invoke) -> None:
    town.apply(owner="Pat")
    assert "owner: (nothing) -> Pat" in rollcall("config", "history", "casemis").stdout
    assert "this is version 3" in rollcall("config", "restore", "casemis", "1").stdout
    assert "is as in version 1 already" in rollcall("config", "restore", "casemis", "1").stdout
    assert "has no version 9" in rollcall("config", "restore", "casemis", "9", code=2).stderr


def test_a_test_mail_is_sent(town: Town, rollcall: Invoke) -> None:
    assert "written as" in rollcall("mail", "test", "me@example.org").stdout
    assert "What to do" in rollcall("mail", "test", "nobody", code=4).stdout


def test_retention_says_what_would_be_removed(ready: Path, rollcall: Invoke) -> None:
    removable = json.loads(rollcall("retention", "--test", "--json").stdout)
    assert (removable["test"], removable["files"]["input"]["files"]) == (True, 0)
    assert rollcall("retention", "--test").stdout.startswith("TEST: nothing was removed")
    assert "all are kept" in rollcall("retention").stdout


def test_a_held_run_is_approved_without_some_of_its_changes(
    town: Town, ready: Path, table_a: RowMaker, rollcall: Invoke
) -> None:
    town.apply(guards={"minimum_population": 1, "add": {"percent": 0}})
    rows = [table_a(SSID=f"000000000{n}") for n in (1, 3, 4, 5)]
    (town.outgoing / "A.csv").write_text(rows[0])
    rollcall("run", "casemis")
    town.drop("A.csv", "\n".join(rows).encode())
    run = str(json.loads(rollcall("run", "casemis", "--json", code=3).stdout)["run"])
    key = 'special_education:{"local_id": "100005"}'
    options = ["--exclude", "students:2", "--exclude", key, "--note", "not ours"]
    assert "write INPUT:LINE" in rollcall("approve", run, "--exclude", "x", code=2).output
    result = json.loads(rollcall("approve", run, *options, "--json").stdout)
    assert (result["counts"]["students"]["added"], result["counts"]["students"]["excluded"]) == (
        1,
        2,
    )
    assert (result["approval"]["note"], result["approval"]["approved"]) == ("not ours", True)
    assert {record["local_id"] for record in town.special_education()} == {"100001", "100004"}


def test_failed_rows_go_out_and_come_back_corrected(
    town: Town, students: pl.DataFrame, table_a: RowMaker, rollcall: Invoke, tmp_path: Path
) -> None:
    town.load({"students": students})
    rows = [table_a(SSID="0000000001"), table_a(SSID="0000000003", PLAN_TYPE="99")]
    town.drop("A.csv", "\n".join(rows).encode())
    run = str(json.loads(rollcall("run", "casemis", "--json", code=1).stdout)["run"])
    rollcall("reports", run, str(tmp_path), "--failed-rows")
    (file,) = tmp_path.glob("A_failed_rows_of_run_*.csv")
    file.write_text(file.read_text().replace("99", "20"))
    command = ("run", "casemis", "--partial", "--input", f"students={file}")
    result = json.loads(rollcall(*command, "--json").stdout)
    assert (result["partial"], result["counts"]["students"]["added"]) == (True, 1)
    assert "only the rows of the file given" in rollcall("show", str(result["run"])).stdout
    rollcall("reports", str(result["run"]), str(tmp_path), "--failed-rows")
    rollcall("run", "casemis", "--partial", code=2)
