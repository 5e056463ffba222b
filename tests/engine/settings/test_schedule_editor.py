"""The schedule editor saves versions, and switches without losing days and times."""

import pytest
from tests.town import Town

from rollcall.core.problems import Problem
from rollcall.engine.settings import schedule_editor
from rollcall.engine.settings.config import Mistakes

WEEKDAYS = {"days": ["mon"], "at": ["18:30"]}


def test_a_preview_saves_nothing(town: Town) -> None:
    assert schedule_editor.preview(town.sync, WEEKDAYS, town.clock).next
    assert town.sync.version.number == 1
    assert schedule_editor.present(town.sync, town.clock).sentence == "Not scheduled"


def test_save_enable_disable(town: Town) -> None:
    assert schedule_editor.save(town.sync, WEEKDAYS, town.clock, "pat", based_on=1) == "changed"
    assert not schedule_editor.present(town.sync, town.clock).schedule.enabled
    schedule_editor.enable(town.sync, town.clock, "pat")
    assert schedule_editor.present(town.sync, town.clock).schedule.enabled
    schedule_editor.disable(town.sync, town.clock, "pat")
    shown = schedule_editor.present(town.sync, town.clock)
    assert (shown.schedule.enabled, len(shown.next)) == (False, 5)
    assert (town.sync.version.number, town.sync.version.saved_by) == (4, "pat")


def test_a_schedule_without_a_time_cannot_be_enabled(town: Town) -> None:
    with pytest.raises(Mistakes, match="needs a time of day"):
        schedule_editor.enable(town.sync, town.clock, "pat")


def test_who_was_shown_an_older_version_saves_nothing(town: Town) -> None:
    schedule_editor.save(town.sync, WEEKDAYS, town.clock, "pat")
    with pytest.raises(Problem, match="version 2"):
        schedule_editor.save(town.sync, WEEKDAYS, town.clock, "lee", based_on=1)
