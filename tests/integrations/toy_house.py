"""A copy of Rollcall with one more integration in it, the toy: its folder and one line.

The copy has a home and a database of its own and is used as people use it: by the command, by its
pages and by its API.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.rollcall import Rollcall, database
from tests.source import SOURCE

TOY = Path(__file__).parent / "toy"
#: The one line, and the line it follows.
LINE, AFTER = '    "toy",\n', '    "roster",\n'
CONFIG = """
[district]
code = "1"
name = "Small"
state = "CA"
timezone = "America/Los_Angeles"
school_year = "2026-2027"
[connections.company]
type = "folder"
path = "{folder}"
[syncs.buses]
integration = "toy"
connection = "company"
[[syncs.buses.settings.routes]]
number = "12"
name = "North loop"
[[syncs.buses.settings.routes]]
number = "14"
name = "River Road"
[syncs.buses.settings.fares]
full = 120
"one way" = 60.5
"""
STUDENTS = """local_id,state_id,last_name,first_name,birth_date,grade,school_code
7001,5000000001,García,Elena,2012-03-04,08,0100
7002,5000000002,Okafor,Marc,2013-05-06,07,0100
7003,,Smith,Ana,2014-07-08,06,0100
"""
PASSES = """Pass,StateID,LastName,FirstName,Born,Route,Stop,ValidFrom
B-101,5000000001,Garcia,Elena,2012-03-04,12,Main St,2026-08-17
B-103,,Smith,Ana,2014-07-08,99,Hill St,2026-08-17
B-104,5999999999,Nobody,Nina,2012-01-01,14,Hill St,2026-08-17
"""
#: Asks pages as an admin and the API with a token; a request a line: who, method, path, values.
ASK = """
import json, sys
from rollcall import wiring
wiring.set_up()
from django.test import Client
from rollcall.access import people, tokens
from rollcall.access.models import User
from rollcall.access.roles import Role
from rollcall.engine.clock import SystemClock
from rollcall.records.models import District
district, clock = District.objects.get(), SystemClock()
admin = User.objects.filter(email="admin@example.org").first() or people.add(
    "admin@example.org", district, Role.ADMIN, clock, "tester")
token = tokens.make(admin, district, Role.ADMIN, "test", clock)[1]
page = Client(SERVER_NAME="localhost")
page.force_login(admin)
api = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {token}"})
for line in sys.stdin:
    who, method, path, values = json.loads(line)
    sent = {} if values is None else {"data": values}
    if who == "api" and method != "get":
        sent["content_type"] = "application/json"
    reply = getattr(page if who == "page" else api, method)(path, **sent)
    body = b"".join(reply.streaming_content) if reply.streaming else reply.content
    print(json.dumps([reply.status_code, body.decode(), reply.headers.get("Location", "")]))
"""


@dataclass
class Reply:
    """What a page or the API answered."""

    status: int
    text: str
    location: str = ""

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class ToyHouse(Rollcall):
    """The copy, as its users meet it."""

    @property
    def folder(self) -> Path:
        """Where the bus company puts its file."""
        return self.home.parent / "company"

    @property
    def source(self) -> Path:
        """The copy's packages."""
        return self.home.parent / "src" / "rollcall"

    def python(self, *arguments: str, stdin: str = "") -> str:
        """What a Python of the copy prints."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ask(self, *requests: tuple[str, str, str, dict[str, Any] | None]) -> list[Reply]:
        """Answers to requests: "page" or "api", method, path and what is sent."""
        lines = "".join(json.dumps(request) + "\n" for request in requests)
        replies = self.python("-c", ASK, stdin=lines).splitlines()
        return [Reply(*json.loads(reply)) for reply in replies]

    def page(self, path: str) -> str:
        """A page as an admin gets it."""
        (reply,) = self.ask(("page", "get", path, None))
        assert reply.status == 200, reply
        return reply.text

    def number(self, local_id: str) -> int:
        """The student's number, which addresses name."""
        number: int = self.json("student", local_id)["student"]["number"]
        return number

    def drop(self, passes: str) -> None:
        """The bus company's file, written long ago."""
        file = self.folder / "passes.csv"
        file.write_text(passes)
        os.utime(file, (1_480_000_000 + len(passes), 1_480_000_000 + len(passes)))


def copy_with_toy(to: Path) -> None:
    """The source with the toy's folder and its line in it, at `to`."""
    shutil.copytree(SOURCE, to, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(TOY, to / "integrations" / "toy", ignore=shutil.ignore_patterns("__pycache__"))
    names = to / "integrations" / "__init__.py"
    text = names.read_text()
    assert text.count(AFTER) == 1
    names.write_text(text.replace(AFTER, AFTER + LINE))


@contextmanager
def toy_house(place: Path) -> Iterator[ToyHouse]:
    """A house with a district of three students and a bus company that gave one file."""
    with database() as empty:
        # Compiled files are kept, whatever the environment says: dozens of processes use them.
        own = {"PYTHONPATH": str(place / "src"), "PYTHONDONTWRITEBYTECODE": ""}
        house = ToyHouse(place / "home", empty, own)
        copy_with_toy(house.source)
        house.folder.mkdir()
        (place / "sis").mkdir()
        (place / "sis" / "students.csv").write_text(STUDENTS)
        (place / "rollcall.toml").write_text(CONFIG.format(folder=house.folder))
        house("migrate")
        house("installation", "allow", "--district", "1", "--folder", str(house.folder))
        house("config", "apply", str(place / "rollcall.toml"))
        house("records", "load", str(place / "sis"))
        house.drop(PASSES)
        yield house
