"""How long things are kept: 0 is for good, and undo comes before the change log's days."""

from datetime import UTC, datetime

from rollcall.core.settings.retention import Retention

NOW = datetime(2016, 12, 31, tzinfo=UTC)


def days(moment: datetime | None) -> int | None:
    return None if moment is None else (NOW - moment).days


def test_files_go_after_their_own_days() -> None:
    kept = Retention(inputs_days=10, plans_days=0)
    assert days(kept.files_before("input", NOW)) == 10
    assert kept.files_before("plan", NOW) is None
    assert days(kept.files_before("report", NOW)) == 400


def test_logged_changes_stay_as_long_as_a_run_can_be_undone() -> None:
    assert Retention().changes_before(NOW) is None
    assert days(Retention(change_log_days=365).changes_before(NOW)) == 365
    assert days(Retention(change_log_days=30, undo_days=90).changes_before(NOW)) == 90
    assert Retention(change_log_days=30, undo_days=0).changes_before(NOW) is None
