"""An integration is a folder and one line: the toy is dropped into a copy of Rollcall and used.

Nothing else of the copy is touched. What the toy owns, its record type, views, settings and rules,
is met everywhere the product's own are: preview, run, timeline, explanation, undo, edit, export,
search, pages and API. The files of the toy are also the examples of docs/how-to/integration.md.
"""

import filecmp
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from tests.integrations.forms import values_of
from tests.integrations.toy_house import LINE, PASSES, ToyHouse, copy_with_toy, toy_house
from tests.source import SOURCE

PROJECT = Path(__file__).parents[2]
#: Prints the pages of the reference that the code on the standard input writes.
REFERENCE = """
import sys
namespace = {"__file__": "build_reference.py", "__name__": "build_reference"}
exec(sys.stdin.read(), namespace)
print(*namespace["pages"]().values())
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ToyHouse]:
    """The house after its first run."""
    with toy_house(tmp_path_factory.mktemp("toy")) as made:
        made.json("run", "buses")
        yield made


def test_nothing_is_touched_but_one_line(house: ToyHouse) -> None:
    def differing(dirs: filecmp.dircmp[str], below: str = "") -> Iterator[str]:
        yield from (f"{below}{name}" for name in (*dirs.diff_files, *dirs.right_only))
        for name, part in dirs.subdirs.items():
            yield from differing(part, f"{below}{name}/")

    compared = filecmp.dircmp(SOURCE, house.source, ignore=["__pycache__"])
    assert sorted(differing(compared)) == ["integrations/__init__.py", "integrations/toy"]
    names = (SOURCE / "integrations" / "__init__.py").read_text()
    with_toy = (house.source / "integrations" / "__init__.py").read_text()
    assert with_toy.replace(LINE, "") == names


def test_its_migrations_are_complete(house: ToyHouse) -> None:
    manage = ("-m", "django", "makemigrations", "--check", "--dry-run")
    assert "No changes" in house.python(*manage, "--settings", "rollcall.django_settings")


def test_django_writes_its_migration(house: ToyHouse, tmp_path: Path) -> None:
    copy_with_toy(tmp_path / "rollcall")
    migrations = tmp_path / "rollcall" / "integrations" / "toy" / "migrations"
    stored = (migrations / "0001_bus_passes.py").read_text()
    shutil.rmtree(migrations)
    arguments = ("makemigrations", "toy", "--name", "bus_passes")
    elsewhere = {**house.environment, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-W", "ignore", "-m", "django", *arguments]
    settings = ["--settings", "rollcall.django_settings"]
    subprocess.run([*command, *settings], env=elsewhere, check=True, capture_output=True)
    written = (migrations / "0001_bus_passes.py").read_text()
    assert written.splitlines()[1:] == stored.splitlines()[1:]  # the first says when


def test_its_imports_keep_the_rules_of_the_house(house: ToyHouse) -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    rules = ["--config", str(PROJECT / "pyproject.toml"), "--no-cache"]
    done = subprocess.run(
        [lint, *rules],
        cwd=house.home.parent,
        env=house.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_a_preview_writes_nothing(house: ToyHouse) -> None:
    house.drop(PASSES.replace("Main St", "Oak St"))
    run = house.json("run", "buses", "--test")
    assert run["counts"]["passes"]["updated"] == 1
    assert house.json("student", "7001")["records"]["bus_pass"][0]["stop"] == "Main St"


def test_a_run_plans_writes_and_finds(house: ToyHouse) -> None:
    first = house.json("show", "2")
    counts = first["counts"]["passes"]
    assert (counts["matched"], counts["unmatched"], counts["added"]) == (2, 1, 2)
    assert "toy.unknown_route" in str(first)
    student = house.json("student", "7001")
    assert student["ids"]["bus company"] == "B-101"
    (bus_pass,) = student["records"]["bus_pass"]
    assert (bus_pass["pass_number"], bus_pass["route"]) == ("B-101", "12")


def test_its_reports_read_its_own_view(house: ToyHouse) -> None:
    header, first, _ = PASSES.splitlines()[:3]
    house.drop(f"{header}\n{first}\n")
    run = house.json("run", "buses")["run"]
    house("reports", str(run), str(house.home.parent / "reports"))
    report = (house.home.parent / "reports" / "BusPasses_NotInFile.csv").read_text()
    assert "B-103" in report
    assert "B-101" not in report


def test_a_row_is_explained(house: ToyHouse) -> None:
    matched = str(house.json("explain", "2", "1"))
    assert "belongs to exactly one student: 7001" in matched
    assert "No student has this row's state id" in str(house.json("explain", "2", "3"))


def test_the_timeline_says_which_run_and_line(house: ToyHouse) -> None:
    changes = house.json("student", "7003")["timeline"]
    added = {(c["field"], c["after"], c["run_id"], c["line"]) for c in changes}
    assert ("route", "99", 2, 2) in added


def test_its_record_is_on_the_student_s_pages(house: ToyHouse) -> None:
    student = f"/d/1/students/{house.number('7001')}"
    records, timeline = house.ask(
        ("page", "get", f"{student}/", None), ("page", "get", f"{student}/timeline/", None)
    )
    assert "<h2>Bus pass</h2>" in records.text
    assert "Bus company" in records.text
    assert "Pass number" in records.text
    assert "Bus pass" in timeline.text


def test_people_find_a_student_by_the_partner_s_id(house: ToyHouse) -> None:
    to_student, students = house.ask(
        ("page", "post", "/d/1/students/", {"text": "B-101"}),
        ("api", "post", "/api/students/search", {"text": "B-10"}),
    )
    assert to_student.status == 302
    assert to_student.location == f"/d/1/students/{house.number('7001')}/"
    ids = {student["local_id"]: student["ids"] for student in students.json["students"]}
    assert ids == {"7001": {"bus company": "B-101"}, "7003": {"bus company": "B-103"}}


def test_the_api_knows_it(house: ToyHouse) -> None:
    student, changes = house.ask(
        ("api", "get", f"/api/students/{house.number('7003')}", None),
        ("api", "get", "/api/runs/2/changes?record=bus_pass", None),
    )
    assert student.json["records"]["bus_pass"][0]["route"] == "99"
    assert len(changes.json["rows"]) == 2


def test_its_record_is_edited_as_its_layout_says(house: ToyHouse) -> None:
    (bus_pass,) = house.json("student", "7003")["records"]["bus_pass"]
    path = f"/api/records/bus_pass/{bus_pass['number']}"
    values = {"stop": "Lake St", "valid_from": "no date"}
    sent = {"values": values, "digest": bus_pass["digest"]}
    page = f"/d/1/students/{house.number('7003')}/edit/bus_pass/{bus_pass['number']}/"
    form, refused, changed = house.ask(
        ("page", "get", page, None),
        ("api", "patch", path, sent),
        ("api", "patch", path, {**sent, "values": {"stop": "Lake St"}}),
    )
    assert "the number on the bus" in form.text.lower()
    assert "valid_from" in refused.text
    assert changed.json == {"stop": {"before": "Hill St", "after": "Lake St"}}


def test_its_run_is_undone(house: ToyHouse) -> None:
    house.drop(PASSES + "B-102,5000000002,Okafor,Marc,2013-05-06,12,Main St,2026-09-01\n")
    run = house.json("run", "buses")["run"]
    assert house.json("student", "7002")["records"]["bus_pass"]
    house("undo", str(run))
    assert house.json("student", "7002")["records"]["bus_pass"] == []


def test_a_pass_goes_with_its_student(house: ToyHouse) -> None:
    with psycopg.connect(house.database) as conn:
        conn.execute("DELETE FROM student WHERE local_id = '7001'")
        query = "SELECT record FROM change_log WHERE local_id = '7001' AND kind = 'remove'"
        removed = conn.execute(f"{query} ORDER BY 1")
        assert removed.fetchall() == [("bus_pass",), ("student",)]
        conn.rollback()


def test_its_settings_and_codes_are_in_the_reference(house: ToyHouse) -> None:
    builder = PROJECT / "docs" / "build_reference.py"
    pages = house.python("-c", REFERENCE, stdin=builder.read_text())
    assert "toy.unknown_route" in pages
    assert 'integration = "toy"' in pages


def test_its_records_are_exported(house: ToyHouse) -> None:
    house("records", "export", str(house.home.parent / "out"))
    header, first, *_ = (house.home.parent / "out" / "bus_passes.csv").read_text().splitlines()
    assert header == '"local_id","pass_number","route","stop","valid_from"'
    assert first == '"7001","B-101","12","Main St","2026-08-17"'


def test_people_decide_about_its_unmatched_rows(house: ToyHouse) -> None:
    house.drop(PASSES.replace("Hill St", "Pond St"))
    run = house.json("run", "buses")["run"]
    assert "5999999999" in house("unmatched")
    house("link", str(run), "3", "7002")
    house.json("run", "buses")
    (bus_pass,) = house.json("student", "7002")["records"]["bus_pass"]
    assert bus_pass["pass_number"] == "B-104"


def test_its_own_job_runs_step_by_step_and_changes_nothing(house: ToyHouse) -> None:
    run = house.json("run", "buses", "count_riders")
    assert [step["step"] for step in run["steps"]] == ["count", "report", "notify"]
    assert run["summary"][0][0] == "Riders"
    assert run["reports"] == ["RidersByRoute.csv"]
    house("reports", str(run["run"]), str(house.home.parent / "riders"))
    report = (house.home.parent / "riders" / "RidersByRoute.csv").read_text().splitlines()
    assert report[0] == "Route,Name,Riders"
    assert "North loop" in str(report)
    page, overview = house.page(f"/d/1/runs/{run['run']}/"), house.page("/d/1/syncs/buses/")
    assert "Count the riders" in page
    assert ">Riders</a>" in page
    assert '<section class="card" id="job-count_riders">' in overview
    assert 'name="job">' not in overview  # only files can be uploaded, and only one job reads them
    house("undo", str(run["run"]), code=2)  # there is nothing to put back


#: What a worker does every minute.
TICK = """
from rollcall import wiring
wiring.set_up()
from rollcall.engine.alerts import timed_alerts
from rollcall.engine.clock import SystemClock
timed_alerts.update_timed_alerts(SystemClock())
"""
SETTINGS = "/d/1/syncs/buses/settings/"


def test_saving_its_settings_unchanged_changes_nothing(house: ToyHouse) -> None:
    before = house("config", "export")
    page = house.page(SETTINGS)
    assert "Kind of pass" in page
    saved = house.ask(("page", "post", SETTINGS, values_of(page)))[0]
    assert saved.status == 302
    assert house("config", "export") == before


def test_its_settings_of_every_shape_are_changed_on_the_page(house: ToyHouse) -> None:
    sent = values_of(house.page(SETTINGS))
    changed = {
        "settings-depots": "North, South\r\nEast",
        "settings-fares.1.value": "70",
        "settings-routes.0.remove": "on",
        "settings-routes.2.number": "99",
        "settings-routes.2.name": "Lake",
        "settings-season.remind_days": "30",
    }
    house.ask(("page", "post", SETTINGS, {**sent, **changed}))
    sync = tomllib.loads(house("config", "export"))["syncs"]["buses"]
    assert sync["settings"] == {
        "depots": ["North", "South", "East"],
        "fares": {"full": 120, "one way": 70},
        "routes": [{"number": "14", "name": "River Road"}, {"number": "99", "name": "Lake"}],
        "season": {"remind_days": 30},
    }
    versions = house.page("/d/1/syncs/buses/versions/")
    assert "Season: Remind, days before" in versions
    assert "North loop" in versions


def test_a_mistake_names_its_row_and_column(house: ToyHouse) -> None:
    sent = values_of(house.page(SETTINGS))
    (wrong,) = house.ask(("page", "post", SETTINGS, {**sent, "settings-routes.2.number": "99"}))
    assert "Row 3, Name: Field required" in wrong.text


def test_its_page_is_in_the_navigation_and_shows_its_records(house: ToyHouse) -> None:
    student = f'href="/d/1/students/{house.number("7001")}/"'
    address = "/d/1/of/toy/riders/"
    assert f'<a href="{address}">Riders</a>' in house.page("/d/1/")
    page = house.page(address)
    assert f'<a href="{address}" aria-current="page">Riders</a>' in page
    assert student in page
    assert student not in house.page(f"{address}?route=99")


def test_without_a_sync_its_page_says_what_it_is_for(house: ToyHouse) -> None:
    sync = "UPDATE sync SET integration = %s WHERE name = 'buses'"
    with psycopg.connect(house.database, autocommit=True) as conn:
        conn.execute(sync, ["casemis"])
        try:
            assert "Riders" not in house.page("/d/1/")
            page = house.page("/d/1/of/toy/riders/")
        finally:
            conn.execute(sync, ["toy"])
    assert "Who rides which bus" in page
    assert "Create a sync" in page


def test_its_clock_check_opens_and_resolves_an_alert(house: ToyHouse) -> None:
    def open_alerts(last_day: str) -> list[str]:
        sent = values_of(house.page(SETTINGS))
        house.ask(("page", "post", SETTINGS, {**sent, "settings-season.last_day": last_day}))
        house.python("-c", TICK)
        (reply,) = house.ask(("api", "get", "/api/alerts", None))
        return [alert["code"] for alert in reply.json["alerts"]]

    soon = datetime.now(UTC).date() + timedelta(days=3)
    assert "toy.passes_end" in open_alerts(str(soon))
    assert "toy.passes_end" not in open_alerts("2099-06-11")
