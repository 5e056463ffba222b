"""Run inside an installation that has been measured: history for the pages, and who looks at them.

`python -m bench.pages_world RUNS` adds so many past runs, signs a person in, and prints what the
addresses need as JSON. Uses the DATABASE_URL and ROLLCALL_HOME it is given.
"""

import json
import sys
from datetime import timedelta

from rollcall import wiring

_EMAIL = "measured@example.org"
_COPIED = ("district_id", "sync_id", "version_id", "job", "school_year", "counts", "findings")


def main() -> None:
    """Make the history and say what is needed to look at it."""
    wiring.set_up()
    from rollcall.engine.models import Run, Sync

    sync = Sync.objects.get(name="casemis")
    large = Run.objects.filter(sync=sync, test=False, state="done").latest("pk")
    _past_runs(large, int(sys.argv[1]))
    world = {"session": _session(sync.district), "parts": _parts(large), "routes": _routes()}
    print(json.dumps(world))


def _past_runs(model: object, count: int) -> None:
    """Runs of earlier days with the numbers of the large one."""
    from rollcall.engine.models import Run

    assert isinstance(model, Run)
    copied = {name: getattr(model, name) for name in _COPIED}
    days = range(count, 0, -1)
    Run.objects.bulk_create(
        Run(
            **copied,
            started_by="schedule",
            state="done",
            created_at=model.created_at - timedelta(hours=day),
            started_at=model.created_at - timedelta(hours=day),
            applied_at=model.created_at - timedelta(hours=day),
            finished_at=model.created_at - timedelta(hours=day),
        )
        for day in days
    )


def _session(district: object) -> str:
    """The key of an admin's session."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from rollcall.access import people
    from rollcall.access.models import User
    from rollcall.access.roles import Role
    from rollcall.engine.clock import SystemClock
    from rollcall.records.models import District

    assert isinstance(district, District)
    user = User.objects.filter(email=_EMAIL).first() or people.add(
        _EMAIL, district, Role.ADMIN, SystemClock(), "bench"
    )
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return str(store.session_key)


def _parts(run: object) -> dict[str, object]:
    """What fills the parts of an address: the run of all rows, a student in the middle."""
    from rollcall.engine.models import Run
    from rollcall.integrations.casemis.models import SpecialEducation
    from rollcall.records.models import Student

    assert isinstance(run, Run)
    students = Student.objects.filter(district=run.district).order_by("pk")
    student = students[students.count() // 2]
    record = SpecialEducation.objects.filter(
        district=run.district, local_id=student.local_id
    ).first()
    return {
        "district": run.district.code,
        "name": "casemis",
        "number": run.pk,
        "input": "students",
        "line": 500_000,
        "id": student.pk,
        "last_name": student.last_name,
        "record": "special_education",
        "record_id": record.pk if record else 0,
    }


def _routes() -> list[tuple[str, str]]:
    """(name, route) of the declared pages that are read with GET."""
    from django.urls import URLPattern, get_resolver

    from rollcall.console.frame.routes import declared

    return [
        (str(pattern.name), str(pattern.pattern))
        for pattern in get_resolver().url_patterns
        if isinstance(pattern, URLPattern)
        and (page := declared(pattern.callback))
        and "GET" in page.methods
    ]


if __name__ == "__main__":
    main()
