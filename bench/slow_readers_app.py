"""Rollcall's pages for servers that are not its own, and the district their readers are in."""

import json
import os
import sys
from datetime import UTC, datetime
from typing import Any

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

from rollcall import wiring

wiring.set_up()

from django.db import connections  # noqa: E402 - once Django is ready

connections.settings["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
wsgi, asgi = get_wsgi_application(), get_asgi_application()
_DOCUMENT: dict[str, Any] = {
    "district": {
        "code": "6412345",
        "name": "Measured Unified",
        "state": "CA",
        "timezone": "America/Los_Angeles",
        "school_year": "2016-2017",
    },
    "syncs": {"records": {"integration": "roster", "settings": {"state_id_digits": 10}}},
}


def world(size: int, sessions: int) -> dict[str, Any]:
    """A run with a report of so many bytes, and people who are signed in."""
    from django.core.management import call_command
    from django.test import Client

    from rollcall.access import people
    from rollcall.access.roles import Role
    from rollcall.engine import artifacts
    from rollcall.engine.clock import SystemClock
    from rollcall.engine.models import Run, Sync
    from rollcall.engine.settings import configure

    call_command("migrate", verbosity=0, interactive=False)
    clock = SystemClock()
    configure.apply(_DOCUMENT, os.environ, clock, "bench")
    sync = Sync.objects.get()
    run = Run.objects.create(
        district=sync.district, sync=sync, version=sync.version, job="load", started_by="person",
        school_year="2016-2017", created_at=datetime.now(UTC), state="done",
    )  # fmt: skip
    line = b"100001,0000000001,a report has lines that are about so long,2016-12-05\n"
    artifacts.store(run, "report", "Large.csv", (line * 1000 for _ in range(size // 71_000)))
    cookies = []
    for number in range(sessions):
        user = people.add(f"r{number}@example.org", sync.district, Role.VIEWER, clock, "bench")
        client = Client()
        client.force_login(user)
        cookies.append(client.cookies["sessionid"].value)
    address = f"/d/6412345/runs/{run.pk}/reports/Large.csv"
    return {"address": address, "sessions": cookies}


if __name__ == "__main__":
    print(json.dumps(world(int(sys.argv[1]), int(sys.argv[2]))))
