"""Requests that are too large, or no requests: answered in words with a stable code, never by 500;
and hostile names of fields and files.
"""

import gzip
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests import zips
from tests.api.programs import Calling, token_text
from tests.hostile_names import HOSTILE_NAMES
from tests.town import RowMaker, Town

from rollcall import home
from rollcall.access.roles import Role
from rollcall.core.files.file_names import is_plain
from rollcall.engine.models import Installation, Run
from rollcall.engine.settings.installation_settings import apply

MIB = 1 << 20
RUNS = "syncs/casemis/runs"


@pytest.fixture
def small(town: Town) -> Iterator[Town]:
    """A town on a server that takes uploads of one MiB."""
    apply({"limits": {"upload_mib": 1}}, {}, town.clock, "tester")
    yield town
    Installation.objects.all().delete()


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where uploads go while they come; nothing may be left there. All of them go to the disk."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(settings, "FILE_UPLOAD_TEMP_DIR", None)
    monkeypatch.setattr(settings, "FILE_UPLOAD_MAX_MEMORY_SIZE", 0)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def files_stored() -> set[Path]:
    return {path for path in home.artifacts().rglob("*") if path.is_file()}


def multipart(name: str, file: str, content: bytes = b"x") -> bytes:
    """A form of one file, its names written as they are."""
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n\r\n'
    return head.encode("utf-8", "surrogatepass") + content + b"\r\n--b--\r\n"


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_field_of_no_input_is_refused_and_nothing_is_written(town: Town, name: str) -> None:
    client = Client(headers={"Authorization": f"Bearer {token_text(town, Role.OPERATOR)}"})
    before = files_stored()
    body = multipart(name, "authorized_keys")
    answer = client.generic("POST", f"/api/{RUNS}", body, "multipart/form-data; boundary=b")
    assert answer.status_code in (400, 422), answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert files_stored() == before
    assert not Run.objects.filter(district=town.district).exists()
    assert not Path("/tmp/escaped").exists()


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_file_of_any_name_is_run_and_its_name_is_data(town: Town, name: str) -> None:
    client = Client(headers={"Authorization": f"Bearer {token_text(town, Role.OPERATOR)}"})
    before = files_stored()
    body = multipart("students", name.replace('"', '\\"'))
    answer = client.generic("POST", f"/api/{RUNS}", body, "multipart/form-data; boundary=b")
    assert answer.status_code in (202, 400), answer.content
    run = Run.objects.filter(district=town.district).last()
    if run is None or not run.artifacts.exists():  # a name that Django takes for no file
        assert files_stored() == before
        return
    assert files_stored() - before == {
        home.artifacts() / str(run.sync_id) / str(run.pk) / "input" / "students"
    }
    assert is_plain(run.artifacts.get().source["upload"])


def test_files_beyond_the_limit_are_refused_by_what_the_request_says(
    small: Town, calling: Calling
) -> None:
    file = SimpleUploadedFile("A.csv", b"x" * (3 * MIB))
    answer = calling(Role.OPERATOR).upload(RUNS, {"students": file})
    assert (answer.status_code, answer.json()["code"]) == (413, "upload.too_large")
    assert "at most 1,024 KB together" in answer.json()["detail"]
    assert answer.json()["what_to_do"]


def test_and_by_what_comes(small: Town, calling: Calling) -> None:
    files = {
        name: SimpleUploadedFile("A.csv", b"x" * (MIB // 2 + 1))
        for name in ("students", "services")
    }
    answer = calling(Role.OPERATOR).upload(RUNS, files)
    assert (answer.status_code, answer.json()["code"]) == (413, "upload.too_large")
    assert not Run.objects.filter(district=small.district).exists()


def test_a_file_within_the_limit_is_taken(small: Town, calling: Calling) -> None:
    file = SimpleUploadedFile("A.csv", b"x" * (MIB - 1))
    assert calling(Role.OPERATOR).upload(RUNS, {"students": file}).status_code == 202


def test_a_district_without_room_is_told_so(town: Town, calling: Calling) -> None:
    apply({"limits": {"district_mib": 1}}, {}, town.clock, "tester")
    file = SimpleUploadedFile("A.csv", b"x" * (MIB - 1))
    program = calling(Role.OPERATOR)
    assert program.upload(RUNS, {"students": file}).status_code == 202
    file.seek(0)
    answer = program.upload(RUNS, {"students": file})
    Installation.objects.all().delete()
    assert (answer.status_code, answer.json()["code"]) == (409, "upload.no_room")


def test_json_that_is_too_large_is_refused(town: Town, calling: Calling) -> None:
    program = calling(Role.ADMIN)
    for path in (RUNS, "config", "students/search"):
        answer = program.post(path, {"text": "x" * 3_000_000})
        assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


def test_a_field_that_is_too_large_is_refused(town: Town, calling: Calling) -> None:
    answer = calling(Role.OPERATOR).upload(RUNS, {"job": "x" * 3_000_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


@pytest.mark.parametrize("path", [RUNS, "syncs/casemis/level2"])
def test_too_many_fields_or_files_are_refused(town: Town, calling: Calling, path: str) -> None:
    program = calling(Role.STEWARD if "level2" in path else Role.OPERATOR)
    many = {f"f{n}": "x" for n in range(1_100)}
    files = {f"f{n}": SimpleUploadedFile("A.csv", b"x") for n in range(30)}
    for sent in (many, files):
        answer = program.upload(path, sent)
        assert (answer.status_code, answer.json()["code"]) == (413, "request.too_many")


def test_two_files_for_one_input_are_refused(town: Town, calling: Calling) -> None:
    two = [SimpleUploadedFile("A.csv", b"x"), SimpleUploadedFile("B.csv", b"x")]
    answer = calling(Role.OPERATOR).upload(RUNS, {"students": two})
    assert (answer.status_code, answer.json()["code"]) == (422, "input.twice")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"x", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary="),
        (b"x", "multipart/form-data; boundary=\xc3\xa9"),
        (gzip.compress(multipart("students", "A.csv"), mtime=0), "multipart/form-data; boundary=b"),
        (multipart("students", "A.csv")[:40], "multipart/form-data; boundary=b"),
        (gzip.compress(b"{}", mtime=0), "application/json"),
        (b"job=import", "application/x-www-form-urlencoded; charset=utf-16"),
    ],
)
def test_what_is_no_request_is_said_to_be_none(town: Town, body: bytes, kind: str) -> None:
    client = Client(headers={"Authorization": f"Bearer {token_text(town, Role.OPERATOR)}"})
    headers = {"Content-Encoding": "gzip"}
    answer = client.generic("POST", f"/api/{RUNS}", body, kind, headers=headers)
    assert answer.status_code in (202, 400), answer.content
    run = Run.objects.filter(district=town.district).last()
    assert run is None or not run.artifacts.exists()


def test_who_shows_no_good_token_sends_no_file(town: Town) -> None:
    file = SimpleUploadedFile("A.csv", b"x")
    answer = Client(headers={"Authorization": "Bearer x"}).post(f"/api/{RUNS}", {"students": file})
    assert answer.status_code == 401


def test_a_zip_is_taken_as_it_is_and_fails_the_run_when_it_is_not_in_order(
    town: Town, calling: Calling, students: pl.DataFrame, table_a: RowMaker
) -> None:
    program = calling(Role.OPERATOR)
    town.load({"students": students})
    good = zips.zipped({"A.csv": table_a(SSID="0000000001")})
    for data, state in ((good, "done"), (zips.bad_crc(good), "failed")):
        begun = program.upload(RUNS, {"bundle": SimpleUploadedFile("../x.zip", data)}).json()
        town.execute(Run.objects.get(pk=begun["run"]))
        told = program.get(f"runs/{begun['run']}").json()
        assert told["state"] == state
    assert told["findings"][0]["code"] == "bundle.damaged"
    no_zip = program.upload(RUNS, {"bundle": SimpleUploadedFile("x.zip", b"no")})
    assert (no_zip.status_code, no_zip.json()["code"]) == (422, "bundle.not_a_zip")
