"""rollcall alerts / acknowledge."""

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
from rollcall.engine.clock import SystemClock
from rollcall.engine.models import UNRESOLVED, Alert, AlertState


@click.command()
@click.option("--sync", "sync_name", help="Only the alerts of this sync.")
@click.option("--resolved", is_flag=True, help="Resolved alerts instead of open ones.")
@click.option("--limit", default=50, show_default=True, help="How many, the newest first.")
@district_option
@json_option
@command
def alerts(
    sync_name: str | None, resolved: bool, limit: int, district_code: str | None, as_json: bool
) -> None:
    """List open alerts: since when, how often, what to do and who can do it.

    An alert is opened by the run that finds a problem. It closes once a run no longer finds it.
    """
    sync = the_sync(sync_name, district_code) if sync_name else None
    states = (AlertState.RESOLVED,) if resolved else UNRESOLVED
    found_alerts = engine.listed(the_district(district_code), states, sync=sync, limit=limit)
    if as_json:
        print_json(engine.as_json(found_alerts))
        return
    if not found_alerts:
        say("No alert has been resolved yet." if resolved else "No alerts: all is fine.")
    for alert in engine.as_json(found_alerts):
        rows = f"{alert['count']:,} x " if alert["count"] > 1 else ""
        say(f"{alert['alert']}  {alert['sync']}: {rows}{alert['text']} [{alert['code']}]")
        if alert["local_id"]:
            detail = f", {alert['detail']}" if alert["detail"] else ""
            say(f"    Student {alert['local_id']}{detail}")
        seen = f"since {alert['first_seen'][:16]}Z, last {alert['last_seen'][:16]}Z"
        say(f"    {alert['state']}, {alert['severity']}, seen {alert['times']} times, {seen}")
        if alert["acknowledged_by"]:
            say(f"    {alert['acknowledged_by']}: {alert['note'] or 'assigned'}")
        say(f"    What to do: {alert['what_to_do']} Who: {alert['who']}.")


@click.command()
@click.argument("alert_number", metavar="ALERT", type=int)
@click.option("--note", default="", help="What is being done about it; stored with the alert.")
@json_option
@command
def acknowledge(alert_number: int, note: str, as_json: bool) -> None:
    """Assign alert number ALERT to you. It stays in the list until the problem is resolved."""
    alert = Alert.objects.filter(pk=alert_number).first()
    if alert is None:
        wrong_usage(f"There is no alert {alert_number}. `rollcall alerts` lists them.")
    acknowledged = engine.acknowledge(alert, person(), note, SystemClock())
    audit(acknowledged.sync.district, Action.ACKNOWLEDGED, f"alert {alert_number}")
    if as_json:
        print_json(engine.as_json([acknowledged])[0])
    else:
        say(f"Alert {alert_number} is acknowledged.")
