"""The editor's live preview: the sentence, the next times, and what blackouts take away."""

from datetime import UTC, datetime

import pytest

from rollcall.core.settings.schedule_preview import from_form, preview

ZONE = "America/Los_Angeles"
NOW = datetime(2016, 12, 5, 20, 0, tzinfo=UTC)  # Monday noon
WEEKDAYS = {"days": ["mon", "wed", "fri"], "at": ["18:30"]}


def test_a_schedule_that_is_not_enabled_shows_what_it_would_do() -> None:
    shown = preview(WEEKDAYS, ZONE, NOW)
    assert shown.sentence == "Mon, Wed, Fri at 6:30 pm Pacific Time"
    assert [f"{at:%a %d %H:%M}" for at in shown.next] == [
        *("Mon 05 18:30", "Wed 07 18:30", "Fri 09 18:30", "Mon 12 18:30", "Wed 14 18:30")
    ]
    assert (shown.skipped, shown.past, shown.errors) == ([], [], {})


def test_blackouts_say_which_times_they_take_away_and_which_are_over() -> None:
    blackout = ["2016-11-24", "2016-12-07", "2016-12-09 to 2016-12-12"]
    shown = preview({**WEEKDAYS, "blackout": blackout}, ZONE, NOW)
    assert [(f"{one.at:%d}", one.blackout) for one in shown.skipped] == [
        ("07", "2016-12-07"),
        ("09", "2016-12-09 to 2016-12-12"),
        ("12", "2016-12-09 to 2016-12-12"),
    ]
    assert shown.past == ["2016-11-24"]


def test_a_blackout_without_end_shows_the_first_times_it_takes() -> None:
    shown = preview({**WEEKDAYS, "blackout": ["2016-12-01 to 9999-12-31"]}, ZONE, NOW)
    assert shown.next == []
    assert len(shown.skipped) == 10


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({**WEEKDAYS, "at": ["18:30", "25:00"]}, "at"),
        ({"days": ["mun"], "at": ["18:30"]}, "days"),
        ({**WEEKDAYS, "blackout": ["2016-12-09 to 2016-12-01"]}, "blackout"),
        ({"enabled": True}, ""),
    ],
)
def test_mistakes_are_told_at_their_field(given: dict[str, object], place: str) -> None:
    shown = preview(given, ZONE, NOW)
    assert list(shown.errors) == [place]
    assert shown.next == []


def test_what_a_form_sends() -> None:
    sent = {
        "frequency": "monthly",
        "days": ["mon"],
        "month_days": "1, 15, last",
        "at": "6:30 pm\n18:45",
        "blackout": "",
        "enabled": "on",
    }
    given = from_form(sent)
    assert given == {
        "frequency": "monthly",
        "month_days": [1, 15, "last"],
        "at": ["6:30 pm", "18:45"],
        "enabled": True,
    }
    assert preview(given, ZONE, NOW).errors == {}


def test_a_job_that_was_chosen_is_kept_and_none_is_not_set() -> None:
    assert from_form({"job": "resynchronize"})["job"] == "resynchronize"
    assert "job" not in from_form({"job": ""})
