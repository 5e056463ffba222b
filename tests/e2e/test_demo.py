"""The demo: it ends well, opens on a district with history, and goes on when it is run again."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.e2e.rollcall import Rollcall


def test_the_demo_works_the_first_day_and_the_next(tmp_path: Path, own_database: str) -> None:
    rollcall = Rollcall(tmp_path / "home", own_database)
    first = rollcall("demo", "--once")
    assert "Load 5,000 students" in first
    assert "TEST: no data was written" in first
    assert re.search(r"password +\S+", first)
    runs = rollcall.json("runs", "--sync", "casemis", "--limit", "50")
    held, done, preview = runs[:3]
    assert [run["state"] for run in (held, done, preview)] == ["held", "done", "done"]
    assert [run["test"] for run in (held, done, preview)] == [False, False, True]
    assert done["counts"] == preview["counts"]
    assert held["counts"]["services"]["removed"] > 500
    it_has_history(runs)
    people_have_decided(rollcall, first)
    the_change_log_agrees(rollcall, first)

    rollcall("demo", "--once")
    again, latest = rollcall.json("runs", "--sync", "casemis")[:2]
    assert (again["state"], latest["state"]) == ("held", "done")
    assert latest["counts"]["students"]["added"] == 0
    assert latest["counts"]["students"]["updated"] > 0
    discarded = rollcall.json("show", str(held["run"]))
    assert discarded["state"] == "discarded"


def it_has_history(runs: list[dict[str, Any]]) -> None:
    """Weeks of runs, the first of them long ago, of all that can become of a run."""
    states = {run["state"] for run in runs}
    assert states >= {"done", "failed", "unchanged", "held"}
    assert sum(run["state"] == "done" and not run["test"] for run in runs) > 5
    assert {run["started_by"] for run in runs} == {"person", "schedule"}
    assert any(run["undo_of"] for run in runs)
    age = datetime.now(UTC) - datetime.fromisoformat(runs[-1]["created_at"])
    assert age > timedelta(days=13)
    times = [run["created_at"] for run in runs]
    assert times == sorted(times, reverse=True)


def people_have_decided(rollcall: Rollcall, said: str) -> None:
    """Rows are open, others were decided; alerts were opened, looked after and solved."""
    decisions = rollcall.json("decisions")
    assert sorted(one["kind"] for one in decisions) == ["ignore", "link"]
    rows = rollcall("unmatched")
    assert rows.count("unmatched:") > 3
    assert "ambiguous:" in rows
    assert rollcall.json("alerts")
    solved = rollcall.json("alerts", "--solved")
    assert any(one["acknowledged_by"] for one in solved)
    assert "unmatched/" in said and "/review/" in said


def the_change_log_agrees(rollcall: Rollcall, said: str) -> None:
    """The student shown has a past: changed by runs and by a person, on days that have gone by."""
    local_id = re.search(r"rollcall student (\d+)", said)
    assert local_id is not None
    told = rollcall.json("student", local_id[1])
    timeline = told["timeline"]
    assert {"steward@example.org"} <= {change["person"] for change in timeline}
    times = [change["at"] for change in timeline]
    assert times == sorted(times, reverse=True)
    assert len({at[:10] for at in times}) >= 3
