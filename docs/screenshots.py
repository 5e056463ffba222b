"""Make the documentation's pictures of the pages, wide (1280) and narrow (390), from the demo.

    .venv/bin/python docs/screenshots.py [NAME ...]

runs the demo in a home of its own, serves its pages, and writes docs/screenshots/NAME-WIDTH.png for
each of SHOTS (or those named). A page is added with a line in SHOTS.
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, FloatRect, Page, sync_playwright

HERE = Path(__file__).parent / "screenshots"
ROLLCALL = str(Path(sys.executable).with_name("rollcall"))
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
WIDTHS = {1280: 800, 390: 844}
DISTRICT, CAPITAL = "/d/6412345", "/d/0625000"


@dataclass(frozen=True)
class Demo:
    """The demo that is photographed: where it answers, how to sign in, its runs, newest first, and
    its open alerts.
    """

    address: str
    email: str
    password: str
    runs: list[dict[str, Any]]
    alerts: list[dict[str, Any]]

    def run(self, **wanted: Any) -> int:
        """The number of the newest run of which all that is true: run(sync="casemis", test=True)."""
        return next(
            run["run"]
            for run in self.runs
            if all(run[name] == value for name, value in wanted.items())
        )

    @property
    def refused(self) -> str:
        """The number of a student of whom the partner refused something."""
        found = (
            one for one in self.alerts if one["kind"] == "refused" and one["severity"] == "error"
        )
        return str(next(found)["subject"]).partition(":")[2]


@dataclass(frozen=True)
class Shot:
    """A picture: its name, the address of the page, and what to do there before it is taken.
    `edfi`: of the demo of sending.
    """

    name: str
    where: Callable[[Demo], str]
    first: Callable[[Page], object] = lambda page: None
    signed_in: bool = True
    edfi: bool = False


def search(page: Page, text: str) -> None:
    """Search for a student, as people do: what is typed stands in no address."""
    page.get_by_label("Name or ID").fill(text)
    page.get_by_role("button", name="Search").click()
    page.wait_for_load_state()


SHOTS = (
    Shot("sign-in", lambda demo: "/account/login/", signed_in=False),
    Shot("home", lambda demo: f"{DISTRICT}/"),
    Shot("runs", lambda demo: f"{DISTRICT}/runs/"),
    Shot("run", lambda demo: f"{DISTRICT}/runs/{demo.run(sync='casemis', state='done')}/"),
    Shot(
        "run-rows", lambda demo: f"{DISTRICT}/runs/{demo.run(sync='casemis', state='done')}/rows/"
    ),
    Shot(
        "run-findings",
        lambda demo: f"{DISTRICT}/runs/{demo.run(sync='casemis', state='done')}/findings/",
    ),
    Shot(
        "review", lambda demo: f"{DISTRICT}/runs/{demo.run(sync='casemis', state='held')}/review/"
    ),
    Shot("sync", lambda demo: f"{DISTRICT}/syncs/casemis/"),
    Shot("sync-settings", lambda demo: f"{DISTRICT}/syncs/casemis/settings/"),
    Shot("sync-versions", lambda demo: f"{DISTRICT}/syncs/casemis/versions/"),
    Shot("schedule", lambda demo: f"{DISTRICT}/syncs/casemis/schedule/"),
    Shot("connections", lambda demo: f"{DISTRICT}/connections/"),
    Shot("settings-people", lambda demo: f"{DISTRICT}/settings/people/"),
    Shot("settings-district", lambda demo: f"{DISTRICT}/settings/district/"),
    Shot("settings-tokens", lambda demo: f"{DISTRICT}/settings/tokens/"),
    Shot("settings-audit", lambda demo: f"{DISTRICT}/settings/audit/"),
    Shot("students", lambda demo: f"{DISTRICT}/students/", lambda page: search(page, "00018")),
    Shot("student", lambda demo: f"{DISTRICT}/students/", lambda page: search(page, "000182")),
    Shot("unmatched", lambda demo: f"{DISTRICT}/unmatched/"),
    Shot("decisions", lambda demo: f"{DISTRICT}/unmatched/decisions/"),
    Shot("alerts", lambda demo: f"{DISTRICT}/alerts/"),
    Shot("flow", lambda demo: f"{CAPITAL}/syncs/state/flow/", edfi=True),
    Shot(
        "flow-documents",
        lambda demo: f"{CAPITAL}/syncs/state/flow/documents/?which=refused",
        edfi=True,
    ),
    Shot("student-sent", lambda demo: f"{CAPITAL}/students/{demo.refused}/sent/", edfi=True),
    Shot("alerts-sending", lambda demo: f"{CAPITAL}/alerts/?sync=state", edfi=True),
)


def main(names: list[str]) -> None:
    """Take the pictures named, or all."""
    HERE.mkdir(exist_ok=True)
    wanted = [shot for shot in SHOTS if not names or shot.name in names]
    for edfi in (False, True):
        if some := [shot for shot in wanted if shot.edfi is edfi]:
            take_all(some, *(["--edfi"] if edfi else []))


def take_all(wanted: list[Shot], *how: str) -> None:
    """Take pictures of the demo that is started that way."""
    with demo(*how) as shown, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for width, height in WIDTHS.items():
            take(browser, shown, wanted, width, height)
        browser.close()


def take(browser: Browser, shown: Demo, wanted: list[Shot], width: int, height: int) -> None:
    """Take pictures of one width."""
    size = {"width": width, "height": height}
    stranger = browser.new_page(base_url=shown.address, viewport=size)
    person = browser.new_page(base_url=shown.address, viewport=size)
    person.goto("/account/login/")
    person.get_by_label("Email").fill(shown.email)
    person.get_by_label("Password").fill(shown.password)
    person.get_by_role("button", name="Sign in").click()
    person.wait_for_url("**/d/**")
    for shot in wanted:
        page = person if shot.signed_in else stranger
        page.goto(shot.where(shown))
        shot.first(page)
        page.screenshot(
            path=HERE / f"{shot.name}-{width}.png", full_page=True, clip=_upper(page, width, height)
        )
        print(f"{shot.name}-{width}.png")


def _upper(page: Page, width: int, height: int) -> FloatRect:
    """The upper part of a page: what is further down a long list looks like what is above."""
    whole = int(page.evaluate("document.documentElement.scrollHeight"))
    return {"x": 0, "y": 0, "width": width, "height": min(whole, 2 * height)}


@contextmanager
def demo(*how: str) -> Iterator[Demo]:
    """The demo's pages, served as long as this lasts."""
    with tempfile.TemporaryDirectory(prefix="rollcall-screenshots-") as home:
        port = _free_port()
        address = f"http://127.0.0.1:{port}"
        environment = {**os.environ, "ROLLCALL_HOME": f"{home}/home", "ROLLCALL_URL": address}
        environment.pop("DATABASE_URL", None)
        said = _ask(environment, "demo", "--once", *how)
        email, password = (
            re.search(rf"{what} +(\S+)", said).group(1) for what in ("e-mail", "password")
        )
        server = subprocess.Popen([ROLLCALL, "serve", "--port", str(port)], env=environment)
        try:
            _wait_for(f"{address}/health")
            runs = json.loads(_ask(environment, "runs", "--limit", "200", "--json"))
            alerts = json.loads(_ask(environment, "alerts", "--json"))
            yield Demo(address, email, password, runs, alerts)
        finally:
            server.terminate()
            server.wait()


def _ask(environment: dict[str, str], *arguments: str) -> str:
    return subprocess.run(
        [ROLLCALL, *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"{address} does not answer")


if __name__ == "__main__":
    main(sys.argv[1:])
