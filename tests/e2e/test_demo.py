"""The demo: it ends well, shows every step, and goes on the next day when it is run again."""

from pathlib import Path

from tests.e2e.rollcall import Rollcall


def test_the_demo_works_the_first_day_and_the_next(tmp_path: Path, own_database: str) -> None:
    rollcall = Rollcall(tmp_path / "home", own_database)
    first = rollcall("demo", "--once")
    assert "Load 5,000 students" in first
    assert "TEST: no data was written" in first
    assert "password" in first
    done, preview = rollcall.json("runs", "--sync", "casemis")
    assert (preview["test"], done["state"]) == (True, "done")
    assert done["counts"]["students"]["added"] == preview["counts"]["students"]["added"] > 500
    assert list((tmp_path / "home" / "demo" / "mailbox").glob("*.eml"))
    rollcall("demo", "--once")
    latest = rollcall.json("runs", "--sync", "casemis")[0]
    assert latest["counts"]["students"]["added"] == 0
    assert latest["counts"]["students"]["updated"] > 0
