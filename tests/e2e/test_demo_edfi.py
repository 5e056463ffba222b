"""The demo of sending: an edit travels, a refusal and a broken rule are there to look at; it goes
on when it is run again.
"""

import re
from pathlib import Path

from tests.e2e.rollcall import Rollcall


def test_the_demo_sends_and_goes_on_the_next_time(tmp_path: Path, own_database: str) -> None:
    rollcall = Rollcall(tmp_path / "home", own_database)
    first = rollcall("demo", "--edfi", "--once")
    assert re.search(r"Another was edited -> accepted by the state in \d+ ms", first)
    assert "1 refused" in first
    assert re.search(r"password +\S+", first)
    assert "/syncs/state/flow/" in first
    jobs = [run["job"] for run in rollcall.json("runs", "--sync", "state")]
    assert jobs == ["resynchronize", "start_year", "start_year"]
    kinds = {alert["kind"] for alert in rollcall.json("alerts")}
    assert {"refused", "rule", "check"} <= kinds
    flow = rollcall.json("flow", "state")
    assert flow["near_real_time"]["on"]
    again = rollcall("demo", "--edfi", "--once")
    assert "Fill the state again" in again
    assert rollcall.json("flow", "state")["total"]["refused"] == 1
