"""rollcall alerts / acknowledge."""

from typing import Any

import click

from rollcall.access.audit import Action
from rollcall.cli.common import (
    audit,
    command,
    district_option,
    json_option,
    person,
    print_json,
    say,
    wrong_usage,
)
from rollcall.cli.lookups import the_district, the_sync
from rollcall.engine.alerts import alerts as engine
from rollcall.engine.alerts.alerts import listed, told_all
from rollcall.engine.clock import SystemClock
from rollcall.engine.models import UNSOLVED, Alert, AlertState


@click.command()
@click.option("--sync", help="Only the alerts of this sync.")
@click.option("--solved", is_flag=True, help="Those that were solved, instead of the others.")
@click.option("--limit", default=50, show_default=True, help="How many, the newest first.")
@district_option
@json_option
@command
def alerts(sync: str | None, solved: bool, limit: int, district: str | None, as_json: bool) -> None:
    """List problems that are not solved yet: since when, how often, what to do and who can do it.

    An alert is opened by the run that sees a problem and solved by the first that no longer does.
    """
    of = the_sync(sync, district) if sync else None
    states = (AlertState.SOLVED,) if solved else UNSOLVED
    found = listed(the_district(district), states, sync=of, limit=limit)
    if as_json:
        print_json(told_all(found))
        return
    if not found:
        say("No alert was solved yet." if solved else "No alerts: nothing waits for anybody.")
    for one in told_all(found):
        _show(one)


@click.command()
@click.argument("alert", type=int)
@click.option("--note", default="", help="What is being done about it; kept with the alert.")
@json_option
@command
def acknowledge(alert: int, note: str, as_json: bool) -> None:
    """Say that you look after alert number ALERT. It stays until the problem is solved."""
    found = Alert.objects.filter(pk=alert).first()
    if found is None:
        wrong_usage(f"There is no alert {alert}. `rollcall alerts` lists them.")
    known = engine.acknowledge(found, person(), note, SystemClock())
    audit(found.sync.district, Action.ACKNOWLEDGED, f"alert {alert}")
    if as_json:
        print_json(engine.told(known))
    else:
        say(f"Alert {alert} is acknowledged.")


def _show(one: dict[str, Any]) -> None:
    rows = f"{one['count']:,} x " if one["count"] > 1 else ""
    say(f"{one['alert']}  {one['sync']}: {rows}{one['text']} [{one['code']}]")
    if one["local_id"]:
        say(f"    Student {one['local_id']}" + (f", {one['detail']}" if one["detail"] else ""))
    seen = f"since {one['first_seen'][:16]}Z, last {one['last_seen'][:16]}Z"
    say(f"    {one['state']}, {one['severity']}, seen {one['times']} times, {seen}")
    if one["acknowledged_by"]:
        say(f"    {one['acknowledged_by']}: {one['note'] or 'looks after it'}")
    say(f"    What to do: {one['what_to_do']} Who: {one['who']}.")
