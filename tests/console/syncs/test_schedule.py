"""The schedule editor: in words, the next five times, a preview that saves nothing, a switch."""

from typing import Any

import pytest
from django.test import Client
from tests.console.people import Asking
from tests.town import Town

from rollcall.access.roles import Role
from rollcall.engine.settings import sync_settings

SEED = {"based_on": "1", "frequency": "weekly", "days": ["mon", "wed", "fri"], "at": ["6:30 pm"]}
WORDS = "Mon, Wed, Fri at 6:30 pm Pacific Time"


def of(town: Town, what: str = "") -> str:
    return f"/d/{town.code}/syncs/casemis/schedule/{what}"


def post(client: Client, where: str, sent: dict[str, Any]) -> str:
    return client.post(where, sent, follow=True).content.decode()


def schedule(town: Town) -> dict[str, Any]:
    return dict(town.sync.version.config.get("schedule", {}))


def test_the_preview_is_the_sentence_and_five_times_and_saves_nothing(
    asking: Asking, town: Town
) -> None:
    shown = post(asking(Role.ADMIN), of(town, "preview/"), SEED)
    assert WORDS in shown
    assert shown.count("<strong>6:30 pm") == 5
    assert "not saved yet" in shown
    assert schedule(town) == {}


def test_blackout_dates_are_left_out_and_named(asking: Asking, town: Town) -> None:
    sent = {**SEED, "blackout_first": ["2016-12-07", ""], "blackout_last": ["", ""]}
    shown = post(asking(Role.ADMIN), of(town, "preview/"), sent)
    assert "Skipped because of blackout dates" in shown
    assert "Wed Dec 7, 2016 6:30 pm" in shown
    assert "Wed Dec 14, 2016" in shown


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"at": ["half past six"]}, "Time of day"),
        ({"blackout_first": ["2017-01-02"], "blackout_last": ["2016-12-24"]}, "Blackout dates"),
        ({"frequency": "monthly", "month_days": "32"}, "Days of the month"),
        ({"frequency": "interval", "every_seconds": "soon"}, "Seconds between two starts"),
    ],
)
def test_mistakes_are_told_by_field_in_the_preview_and_when_saved(
    wrong: dict[str, Any], said: str, asking: Asking, town: Town
) -> None:
    client = asking(Role.ADMIN)
    for what in ("preview/", "save/"):
        assert f"{said}: " in post(client, of(town, what), {**SEED, **wrong})
    assert schedule(town) == {}


def test_what_was_sent_with_a_mistake_is_still_in_the_fields(asking: Asking, town: Town) -> None:
    shown = post(asking(Role.ADMIN), of(town, "save/"), {**SEED, "at": ["half past six"]})
    assert 'value="half past six"' in shown
    assert shown.count("checked") == 4  # weekly and three days


def test_it_is_disabled_until_it_is_enabled_as_in_seed_001(asking: Asking, town: Town) -> None:
    client = asking(Role.ADMIN)
    shown = post(client, of(town, "save/"), SEED)
    assert "The schedule is disabled" in shown
    assert "Enable the schedule" in shown
    shown = post(client, of(town, "enable/"), {})
    assert f"Saved and enabled: {WORDS}." in shown
    assert "Disable the schedule" in shown
    assert schedule(town)["enabled"]
    post(client, of(town, "disable/"), {})
    assert not schedule(town)["enabled"]
    assert schedule(town)["days"] == ["mon", "wed", "fri"]


def test_it_is_saved_and_enabled_at_once(asking: Asking, town: Town) -> None:
    post(asking(Role.ADMIN), of(town, "save/"), {**SEED, "enable": "yes"})
    assert schedule(town)["enabled"]


def test_one_that_names_no_time_is_not_enabled(asking: Asking, town: Town) -> None:
    shown = post(asking(Role.ADMIN), of(town, "enable/"), {})
    assert "The schedule was not enabled: an enabled schedule needs a time of day" in shown


def test_a_save_over_somebody_elses_is_refused(asking: Asking, town: Town) -> None:
    town.apply(owner="Kim")
    shown = post(asking(Role.ADMIN), of(town, "save/"), SEED)
    assert "Another person saved this sync" in shown
    assert schedule(town) == {}


def test_who_may_not_change_it_sees_it(asking: Asking, town: Town) -> None:
    town.apply(schedule={"days": ["mon"], "at": ["18:30"], "enabled": True})
    shown = asking(Role.VIEWER).get(of(town)).content.decode()
    assert "Mon at 6:30 pm Pacific Time" in shown
    assert "Enabled" in shown
    assert "<form" not in shown.split("<main")[1]


def test_where_there_are_several_jobs_the_schedule_says_which_it_starts(
    asking: Asking, town: Town
) -> None:
    settings = {"settings": {"local_education_agency_id": "10625000"}}
    sync = sync_settings.create(town.district, "state", "edfi", settings, town.clock, "tester")
    admin, at = asking(Role.ADMIN), f"/d/{town.code}/syncs/state/schedule/"
    shown = admin.get(at).content.decode()
    assert "Resynchronize: Sun at 2:00 am" in shown
    assert 'value="resynchronize" checked' in shown
    assert "Update Student" not in shown
    post(admin, f"{at}save/", {**SEED, "job": "start_year"})
    assert sync.version.config["schedule"]["job"] == "start_year"
    assert "Start Year: Mon, Wed, Fri" in admin.get(at).content.decode()
    assert "What it starts" not in admin.get(of(town)).content.decode()


def test_a_sync_can_run_at_an_interval_whose_times_of_day_are_left_out(
    asking: Asking, town: Town
) -> None:
    sent = {**SEED, "frequency": "interval", "every_seconds": "300", "enable": "yes"}
    assert "Saved and enabled: Every 5 minutes." in post(
        asking(Role.ADMIN), of(town, "save/"), sent
    )
    assert schedule(town) == {"frequency": "interval", "every_seconds": 300, "enabled": True}
