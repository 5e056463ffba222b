"""A part of a file, such as corrected rows: only its rows are imported; nothing is concluded."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.town import RowMaker, Town

from rollcall.core.problems import Problem
from rollcall.engine.alerts import health
from rollcall.engine.models import Run, RunState
from rollcall.engine.plans import causes, failed_rows
from rollcall.integrations.casemis.models import Service

FILES = {"students_file": "A.csv", "services_file": "B.csv"}


@pytest.fixture
def first(town: Town, students: pl.DataFrame, table_a: RowMaker) -> Run:
    """Two students imported, one of them with two services; a row of each file was not taken."""
    most = {"percent": 90}
    guards = {"minimum_population": 1, "rejected": most, "unmatched": most}
    town.apply(settings=FILES, guards=guards)
    town.load({"students": students})
    rows = [table_a(SSID=f"000000000{n}", PLAN_TYPE=p) for n, p in ((1, "10"), (3, "10"))]
    rows.append(table_a(SSID="0000000004", PLAN_TYPE="99"))
    town.drop("A.csv", "\n".join(rows).encode())
    services = [f",,,0000000001,{code},,,," for code in ("330", "415")]
    town.drop("B.csv", "\n".join([*services, ",,,0000000009,330,,,,"]).encode())
    run = town.run()
    assert run.state == RunState.DONE
    return run


def of_part(town: Town, how: dict[str, Any] | None = None, **files: str) -> Run:
    """A run of some rows only, by input."""
    folder = town.folder / "parts"
    folder.mkdir(exist_ok=True)
    uploads = {name: folder / f"{name}.csv" for name in files}
    for name, text in files.items():
        uploads[name].write_text(text)
    return town.run(uploads=uploads, partial=True, **(how or {}))


def services(town: Town) -> list[str]:
    found = Service.objects.filter(district=town.district)
    return sorted(found.values_list("service_code", flat=True))


def test_only_its_rows_are_imported(town: Town, first: Run, table_a: RowMaker) -> None:
    done = of_part(town, students=table_a(SSID="0000000004", PLAN_TYPE="20"))
    assert done.state == RunState.DONE
    plans = {r["local_id"]: r["plan_type"] for r in town.special_education()}
    assert plans == {"100001": "10", "100003": "10", "100004": "20"}


def test_services_that_are_not_in_it_stay(town: Town, first: Run, table_a: RowMaker) -> None:
    done = of_part(town, students=table_a(SSID="0000000001"), services=",,,0000000001,340,,,,\n")
    assert done.state == RunState.DONE
    assert services(town) == ["330", "340", "415"]
    assert done.counts["services"]["removed"] == 0


def test_the_required_file_may_be_left_out(town: Town, first: Run) -> None:
    done = of_part(town, services=",,,0000000001,340,,,,\n")
    assert (done.state, done.counts["students"]["read"]) == (RunState.DONE, 0)
    assert services(town) == ["330", "340", "415"]


def test_nobody_is_reported_as_missing(town: Town, first: Run, table_a: RowMaker) -> None:
    done = of_part(town, students=table_a(SSID="0000000003", PLAN_TYPE="10"))
    names = set(done.artifacts.filter(kind="report").values_list("name", flat=True))
    assert "CASEMIS_TypeA_ImportedRecords.csv" in names
    assert "CASEMIS_TypeA_NotInFile.csv" not in names
    assert not [label for label, _ in done.summary if "not in file" in label]
    assert done.findings == []


def test_no_guard_takes_it_for_a_drop(town: Town, first: Run, table_a: RowMaker) -> None:
    done = of_part(town, students=table_a(SSID="0000000003", PLAN_TYPE="10"))
    assert not [one for one in done.guards if one["guard"] in ("decrease", "emptied")]


def test_nor_does_the_next_whole_file_measure_itself_by_it(
    town: Town, first: Run, table_a: RowMaker
) -> None:
    of_part(town, students=table_a(SSID="0000000003", PLAN_TYPE="15"))
    assert town.run().state == RunState.UNCHANGED
    (decrease,) = [
        one
        for one in town.run(test=True, forced=True).guards
        if (one["guard"], one["subject"]) == ("decrease", "students")
    ]
    assert "after 3 last time" in decrease["sentence"]


def test_the_same_part_again_is_old_news(town: Town, first: Run, table_a: RowMaker) -> None:
    row = table_a(SSID="0000000003", PLAN_TYPE="15")
    of_part(town, students=row)
    assert of_part(town, students=row).state == RunState.UNCHANGED


def test_it_says_everywhere_that_it_is_a_part(town: Town, first: Run, table_a: RowMaker) -> None:
    from rollcall.engine.runs.results import result

    done = of_part(town, students=table_a(SSID="0000000003", PLAN_TYPE="15"))
    assert result(done)["partial"] is True
    assert "only the rows of the file given" in result(done)["meaning"]
    mail = town.mails()[-1]
    assert "only the rows of the file given" in mail["Subject"]
    assert "only the rows of the file given" in mail.get_body().get_content()  # type: ignore[union-attr]  # it has one


def test_it_makes_no_sync_good_and_resolves_nothing(
    town: Town, first: Run, table_a: RowMaker
) -> None:
    from rollcall.engine.models import Alert

    unresolved = Alert.objects.filter(sync=town.sync).exclude(state="resolved").count()
    assert unresolved
    before = health.of_sync(town.sync, town.clock).health
    of_part(town, students=table_a(SSID="0000000003", PLAN_TYPE="15"))
    assert health.of_sync(town.sync, town.clock).health == before
    assert Alert.objects.filter(sync=town.sync).exclude(state="resolved").count() == unresolved


def test_it_is_compared_with_no_run(town: Town, first: Run, table_a: RowMaker) -> None:
    done = of_part(town, students=table_a(SSID="0000000009"))
    told = causes.causes(done)
    assert (told.compared_with, told.resolved) == (None, [])
    assert causes.previous(town.run(forced=True)) == first


def test_it_needs_a_file(town: Town, first: Run) -> None:
    with pytest.raises(Problem) as raised:
        town.run(partial=True)
    assert raised.value.code == "partial.needs_files"


def test_a_held_part_is_approved_like_any_run(town: Town, first: Run, table_a: RowMaker) -> None:
    from rollcall.engine.runs import approving

    guards = {"minimum_population": 1, "update": {"count": 0}}
    town.apply(settings=FILES, guards=guards)
    held = of_part(town, students=table_a(SSID="0000000001", PLAN_TYPE="30"))
    assert held.state == RunState.HELD
    done = town.execute(approving.approve(held, "approver", town.clock))
    assert done.state == RunState.DONE
    assert services(town) == ["330", "415"]


def test_failed_rows_corrected_and_sent_again_are_taken(
    town: Town, first: Run, tmp_path: Path
) -> None:
    """The whole way round, as a person goes it."""
    files = failed_rows.failed_rows(first)
    content = {name[0]: b"".join(blocks) for name, blocks in files.items()}
    corrected = tmp_path / "A.csv"
    corrected.write_bytes(content["A"].replace(b"99", b"20"))
    found = tmp_path / "B.csv"
    found.write_bytes(content["B"].replace(b"0000000009", b"0000000004"))
    done = town.run(uploads={"students": corrected, "services": found}, partial=True)
    assert done.counts["students"]["matched"] == done.counts["services"]["matched"] == 1
    assert services(town) == ["330", "330", "415"]


def test_of_loaded_records_too_nobody_is_missing(town: Town, students: pl.DataFrame) -> None:
    from rollcall.engine.runs.loading import record_files, records_sync
    from rollcall.engine.runs.starting import start

    town.load({"students": students})
    sync = records_sync(town.district, town.clock, "tester")
    folder = town.folder / "part"
    folder.mkdir()
    students.head(1).with_columns(grade=pl.lit("05")).write_csv(folder / "students.csv")
    files = record_files(folder, sync)
    run = start(sync, town.clock, by="person", uploads=files, partial=True)
    done = town.execute(run)
    assert (done.counts["students"]["updated"], done.findings) == (1, [])
    assert not done.artifacts.filter(name="Records_NotInFile.csv").exists()
