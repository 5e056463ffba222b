"""Zips with the files of several inputs: unpacked in the run, whole or not at all, and never more
than whoever runs the server allows.
"""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests import zips
from tests.town import Town

from rollcall import home
from rollcall.core.files.bundles import Member
from rollcall.core.problems import Problem
from rollcall.engine import artifacts
from rollcall.engine.models import Artifact, Installation, Run, RunState
from rollcall.engine.runs.inputs import unpacking
from rollcall.engine.runs.loading import record_files, records_sync
from rollcall.engine.runs.starting import start
from rollcall.engine.settings.installation_settings import apply
from rollcall.records.models import Student

#: Limits that small files reach.
LIMITS = {"upload_mib": 32, "unpacked_mib": 6, "zip_ratio": 20, "zip_members": 5}
MIB = 1 << 20


@pytest.fixture
def limited(town: Town) -> Town:
    apply({"limits": LIMITS}, {}, town.clock, "tester")
    return town


@pytest.fixture(autouse=True)
def usual_limits_again() -> object:
    yield
    Installation.objects.all().delete()


def given(town: Town, data: bytes, name: str = "export.zip", **how: Any) -> Run:
    """A run of the district's records with this zip, queued."""
    path = town.folder / name
    path.write_bytes(data)
    sync = records_sync(town.district, town.clock, "tester")
    return start(sync, town.clock, by="person", uploads=record_files(path, sync), **how)


def loaded(town: Town, data: bytes, **how: Any) -> Run:
    return town.execute(given(town, data, **how))


def csv(students: pl.DataFrame) -> str:
    return students.write_csv()


def huge(size: int) -> bytes:
    return b"local_id,last_name\n" + b"0" * size


def test_it_is_kept_as_it_came_and_unpacked_by_the_run(town: Town, students: pl.DataFrame) -> None:
    data = zips.zipped({"SIS/Students.csv": csv(students), "README": "words", "SIS/": ""})
    run = given(town, data)
    stored = run.artifacts.get()
    assert (stored.kind, stored.source) == ("bundle", {"upload": "export.zip"})
    assert artifacts.checked_path(stored).read_bytes() == data
    done = town.execute(run)
    assert (done.state, done.counts["students"]["added"]) == (RunState.DONE, 5)
    unpacked = done.artifacts.get(kind="input")
    assert unpacked.source == {"upload": "Students.csv", "bundle": "export.zip"}
    assert artifacts.checked_path(unpacked).read_text() == csv(students)


REFUSED: dict[str, tuple[Callable[[str], bytes], str, str]] = {
    "not a zip inside": (lambda text: b"PK\x03\x04" + b"no zip" * 20, "bundle.damaged", ""),
    "cut off": (lambda text: zips.zipped({"students.csv": text})[:-30], "bundle.damaged", ""),
    "cut in the middle": (
        lambda text: b"PK\x03\x04" + zips.zipped({"students.csv": text})[60:],
        "bundle.damaged",
        "",
    ),
    "a wrong check sum": (
        lambda text: zips.bad_crc(zips.zipped({"students.csv": text})),
        "bundle.damaged",
        "",
    ),
    "an encrypted file": (
        lambda text: zips.encrypted(zips.zipped({"students.csv": text})),
        "bundle.encrypted",
        "students.csv",
    ),
    "bzip2": (
        lambda text: zips.zipped({"students.csv": text}, zipfile.ZIP_BZIP2),
        "bundle.unsupported",
        "method 12",
    ),
    "a method nobody knows": (
        lambda text: zips.packed_by(zips.zipped({"students.csv": text}), 99),
        "bundle.unsupported",
        "method 99",
    ),
    "a zip in the zip": (
        lambda text: zips.zipped({"all.zip": zips.zipped({"students.csv": text})}),
        "bundle.nested",
        "all.zip",
    ),
    "a zip called students.csv": (
        lambda text: zips.zipped({"students.csv": zips.zipped({"students.csv": text})}),
        "bundle.nested",
        "students.csv",
    ),
    "none of our files": (
        lambda text: zips.zipped({"notes.csv": text}),
        "bundle.no_files",
        "students.csv",
    ),
    "two files for one input": (
        lambda text: zips.zipped({"a/students.csv": text, "b/STUDENTS.csv": text}),
        "bundle.twice",
        "students",
    ),
    "the same name twice": (lambda text: zips.twice("students.csv", text), "bundle.twice", ""),
    "an absolute name": (
        lambda text: zips.zipped({"/tmp/escaped/students.csv": text}),
        "bundle.unsafe_name",
        "students.csv",
    ),
    "a way out": (
        lambda text: zips.zipped({"students.csv": text, "../../escaped.csv": text}),
        "bundle.unsafe_name",
        "escaped.csv",
    ),
    "a way out of Windows": (
        lambda text: zips.zipped({"..\\students.csv": text}),
        "bundle.unsafe_name",
        "students.csv",
    ),
    "a drive": (
        lambda text: zips.zipped({"C:students.csv": text}),
        "bundle.unsafe_name",
        "students.csv",
    ),
    "a link": (
        lambda text: zips.linked("students.csv", "/etc/passwd"),
        "bundle.unsafe_name",
        "students.csv",
    ),
    "too many files": (
        lambda text: zips.zipped({f"{n}.csv": text for n in range(6)}),
        "bundle.too_many",
        "6; at most 5",
    ),
    "70,000 files": (
        lambda text: zips.zipped({f"{n}.csv": "" for n in range(70_000)}),
        "bundle.too_many",
        "70,000; at most 5",
    ),
    "a list of files without end": (
        lambda text: zips.zipped({f"{n:0>30000}.csv": "" for n in range(300)}),
        "bundle.too_many",
        "the list of them alone has 8,",
    ),
    "a bomb": (
        lambda text: zips.zipped({"students.csv": huge(5 * MIB)}),
        "bundle.too_large",
        "students.csv: 5,121 KB unpacked; at most 20 times its 5,1",
    ),
    "more than all may be": (
        lambda text: zips.zipped({"students.csv": huge(4 * MIB), "schools.csv": huge(4 * MIB)}, 0),
        "bundle.too_large",
        "8,193 KB unpacked; at most 6,144 KB",
    ),
    "a bomb that says it is small": (
        lambda text: zips.of_size(zips.zipped({"students.csv": huge(5 * MIB)}), 1000),
        "bundle.damaged",
        "",
    ),
    "a file that says it is larger": (
        lambda text: zips.of_size(zips.zipped({"students.csv": text}), 5000),
        "bundle.damaged",
        "students.csv is shorter than it says",
    ),
    "a flat bomb": (
        lambda text: zips.flat_bomb("students.csv", huge(MIB), 4),
        "bundle.damaged",
        "overlap",
    ),
    "a zip64 field that lies": (
        lambda text: zips.zip64_lie("students.csv", text.encode(), 1 << 62),
        "bundle.too_large",
        "",
    ),
    "a name in no encoding": (
        lambda text: zips.said(zips.zipped({"ü.csv": text}), 46, "<H", 0xFFFF),
        "bundle.damaged",
        "",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_in_order_fails_the_run_in_words_and_nothing_of_it_is_read(
    kind: str, limited: Town, students: pl.DataFrame
) -> None:
    make, code, detail = REFUSED[kind]
    done = loaded(limited, make(csv(students)))
    assert (done.state, done.error_code) == (RunState.FAILED, code)
    (told,) = done.findings
    assert detail in told["text"]
    assert told["what_to_do"]
    assert not Student.objects.filter(district=limited.district).exists()
    assert [one.kind for one in done.artifacts.all()] == ["bundle"]
    assert [path.name for path in _files(done)] == ["bundle"]


def _files(run: Run) -> list[Path]:
    folder = home.artifacts() / str(run.sync_id) / str(run.pk)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_header_that_lies_is_stopped_by_counting(
    limited: Town, students: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the judgment of what a zip says fooled, what comes out is counted all the same."""
    honest = unpacking._member

    def fooled(info: zipfile.ZipInfo) -> Member:
        member = honest(info)
        return Member(member.name, member.packed, 1000, member.offset)

    monkeypatch.setattr(unpacking, "_member", fooled)
    done = loaded(limited, zips.zipped({"students.csv": huge(5 * MIB)}))
    assert done.error_code == "bundle.too_large"
    assert "more than 1,024 KB unpacked; at most 20 times its 5,1" in done.findings[0]["text"]


def test_a_small_file_may_pack_as_well_as_it_likes(limited: Town, students: pl.DataFrame) -> None:
    padded = csv(students) + "\n" * 900_000
    done = loaded(limited, zips.zipped({"students.csv": padded}))
    assert (done.state, done.counts["students"]["added"]) == (RunState.DONE, 5)


def test_what_was_unpacked_before_a_crash_is_not_unpacked_again(
    town: Town, students: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = given(
        town, zips.zipped({"students.csv": csv(students), "schools.csv": "code,name\n1,A\n"})
    )
    store, calls = artifacts.store, []

    def dies_after_one(*args: Any, **how: Any) -> Artifact:
        if args[1] == "input":
            calls.append(args[2])
            if len(calls) == 2:
                raise KeyboardInterrupt
        return store(*args, **how)

    monkeypatch.setattr(artifacts, "store", dies_after_one)
    with pytest.raises(KeyboardInterrupt):
        town.execute(run)
    first = run.artifacts.get(kind="input")
    monkeypatch.setattr(artifacts, "store", store)
    done = town.execute(run)
    assert done.state == RunState.DONE
    assert len(calls) == 2
    assert set(done.artifacts.filter(kind="input").values_list("name", flat=True)) == set(calls)
    assert done.artifacts.get(pk=first.pk).sha256 == first.sha256


@pytest.mark.parametrize("partial", [False, True])
def test_the_same_files_in_another_zip_are_old_news(
    town: Town, students: pl.DataFrame, partial: bool
) -> None:
    assert loaded(town, zips.zipped({"students.csv": csv(students)})).state == RunState.DONE
    if partial:
        assert (
            loaded(town, zips.zipped({"students.csv": csv(students)}), partial=True).state
            == RunState.DONE
        )
    again = loaded(town, zips.zipped({"x/students.csv": csv(students)}, 0), partial=partial)
    assert again.state == RunState.UNCHANGED


def test_a_file_in_the_zip_and_by_itself_is_refused(town: Town, students: pl.DataFrame) -> None:
    path, single = town.folder / "export.zip", town.folder / "students.csv"
    path.write_bytes(zips.zipped({"students.csv": csv(students)}))
    single.write_text(csv(students))
    sync = records_sync(town.district, town.clock, "tester")
    both = {"bundle": path, "students": single}
    done = town.execute(start(sync, town.clock, by="person", uploads=both))
    assert (done.state, done.error_code) == (RunState.FAILED, "input.twice")
    assert done.artifacts.get(kind="input").source == {"upload": "students.csv"}


def test_a_folder_is_read_by_the_same_names(town: Town, students: pl.DataFrame) -> None:
    folder = town.folder / "sis"
    folder.mkdir()
    sync = records_sync(town.district, town.clock, "tester")
    with pytest.raises(Problem, match="None of the files"):
        record_files(folder, sync)
    (folder / "students.csv").write_text(csv(students))
    assert record_files(folder, sync) == {"students": folder / "students.csv"}
    (folder / "Students.CSV").write_text(csv(students))
    with pytest.raises(Problem) as raised:
        record_files(folder, sync)
    assert raised.value.code == "bundle.twice"


def test_what_is_no_zip_is_refused_before_a_run_is_made(town: Town) -> None:
    with pytest.raises(Problem) as raised:
        given(town, b"no zip", name="notes.txt")
    assert (raised.value.code, raised.value.detail) == ("bundle.not_a_zip", "notes.txt")
    assert not Run.objects.filter(district=town.district).exists()
