"""The district the browser looks at: one run of each sort, one person for each role."""

from dataclasses import dataclass
from uuid import uuid4

import polars as pl
from tests.town import RowMaker, Town

from rollcall.access import people
from rollcall.access.models import Invitation, Membership, User
from rollcall.access.roles import Role
from rollcall.engine.connections import connection_checks
from rollcall.engine.models import Connection, ConnectionCheck, Run
from rollcall.engine.settings import configure
from rollcall.records.models import Student

PASSWORD = "correct horse battery"


@dataclass
class World:
    """A town with history. `parts`: what fills the parts of an address, by their name."""

    town: Town
    people: dict[Role, User]
    loaded: Run
    tested: Run
    done: Run
    held: Run

    @property
    def parts(self) -> dict[str, str | int]:
        student = Student.objects.filter(district=self.town.district).earliest("pk")
        return {
            "district": self.town.code,
            "name": "casemis",
            "sender": "state",
            "number": self.done.pk,
            "id": student.pk,
            "record": "student",
            "record_id": student.pk,
            "connection": "seis",
            "check": ConnectionCheck.objects.filter(district=self.town.district).latest("pk").pk,
            "input": "students",
            "line": 1,
            "report": "CASEMIS_TypeA_ImportedRecords.csv",
            "file": f"A_failed_rows_of_run_{self.done.pk}.csv",
            "invitation": Invitation.objects.get(district=self.town.district).pk,
            "member": Membership.objects.get(user=self.people[Role.VIEWER]).pk,
        }


def build(town: Town, students: pl.DataFrame, table_a: RowMaker) -> World:
    """Load students, preview, run, and hold a run whose second row is rejected."""
    town.apply(
        guards={
            "minimum_population": 1,
            "rejected": {"percent": 30},
            "unmatched": {"percent": 60},
        },
        schedule={"days": ["mon", "wed", "fri"], "at": ["18:30"], "enabled": True},
    )
    _a_state_to_send_to(town)
    loaded = town.load({"students": students})
    good = table_a(SSID="0000000001", PLAN_TYPE="10")
    unmatched = table_a(LAST_NAME="Garcia", FIRST_NAME="Eline", BIRTHDATE="03152008")
    town.drop("A.csv", f"{good}\n{unmatched}\n".encode())
    tested, done = town.run(test=True), town.run()
    town.drop("A.csv", f"{good}\n{table_a(SSID='0000000003', PLAN_TYPE='99')}\n".encode())
    held = town.run()
    assert (done.state, held.state) == ("done", "held")
    seis = Connection.objects.get(district=town.district, name="seis")
    checked = connection_checks.begin(seis, "tester", town.clock)
    connection_checks.carry_out(checked.pk, town.clock)
    people.invite("invited@example.org", town.district, Role.VIEWER, town.clock, "tester", "Lou")
    return World(town, _people(town), loaded, tested, done, held)


def _a_state_to_send_to(town: Town) -> None:
    """A sync that sends, which nobody has started."""
    document = {
        "district": town.document()["district"],
        "connections": {
            "mde": {"type": "http", "url": "http://127.0.0.1:9", "key": "k", "secret": "${env:S}"}
        },
        "syncs": {
            "state": {
                "integration": "edfi",
                "connection": "mde",
                "settings": {"local_education_agency_id": "10625000"},
            }
        },
    }
    configure.apply(document, {"S": "none"}, town.clock, "tester")


def _people(town: Town) -> dict[Role, User]:
    made = {}
    for role in Role:
        email = f"{role.replace(' ', '.')}-{uuid4().hex[:6]}@example.org"
        made[role] = people.add(email, town.district, role, town.clock, "tester", role.title())
        made[role].set_password(PASSWORD)
        made[role].save()
    return made
