"""Forms that are too large: refused in words; a stranger's files are not even kept."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.console.people import Asking, client_of, somebody
from tests.hostile_names import HOSTILE_NAMES
from tests.town import Town
from tests.town_fixtures import shared_town

from rollcall import home
from rollcall.access.roles import Role
from rollcall.console import server
from rollcall.console.frame import routes
from rollcall.engine.models import Installation, Run
from rollcall.engine.settings.installation_settings import apply

__all__ = ["shared_town"]

MIB = 1 << 20


@pytest.fixture
def small(town: Town) -> Iterator[Town]:
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


def where(town: Town) -> str:
    return f"/d/{town.code}/syncs/casemis/run/"


@pytest.mark.parametrize("size", [MIB + 1, 3 * MIB])
def test_files_beyond_the_limit_are_refused_in_words(
    small: Town, asking: Asking, size: int
) -> None:
    file = SimpleUploadedFile("A.csv", b"x" * size)
    answer = asking(Role.OPERATOR).post(where(small), {"files": "needed", "students": file})
    shown = answer.content.decode()
    assert answer.status_code == 413
    assert "larger than this installation takes (at most 1,024 KB together)" in shown
    assert "<code>limits.upload_mib</code>" in shown
    assert not Run.objects.filter(district=small.district).exists()


def test_too_many_fields_or_too_large_ones_are_refused_in_words(town: Town, asking: Asking) -> None:
    client = asking(Role.OPERATOR)
    for sent in ({f"f{n}": "x" for n in range(1_100)}, {"job": "x" * 3_000_000}):
        text, kind = urlencode(sent), "application/x-www-form-urlencoded"
        for answer in (client.post(where(town), sent), client.post(where(town), text, kind)):
            assert answer.status_code == 413
            assert "The upload is too large" in answer.content.decode()


def test_what_is_no_form_is_said_to_be_none(town: Town, asking: Asking) -> None:
    answer = asking(Role.OPERATOR).post(where(town), b"x", content_type="multipart/form-data")
    assert answer.status_code == 400
    assert "not understood" in answer.content.decode()


def test_a_strangers_file_is_not_kept(town: Town) -> None:
    file = SimpleUploadedFile("A.csv", b"x")
    answer = Client().post("/account/login/", {"login": "a@example.org", "file": file})
    assert answer.status_code == 403


@pytest.fixture(scope="module")
def ran(shared_town: Town) -> tuple[Town, Run]:
    shared_town.drop("A.csv", b"x")
    return shared_town, shared_town.run(test=True)


@pytest.mark.parametrize("page", ["syncs/casemis/run/", "runs/{run}/failed-rows/send/"])
@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_field_that_is_no_input_writes_nothing(
    ran: tuple[Town, Run], monkeypatch: pytest.MonkeyPatch, page: str, name: str
) -> None:
    town, run = ran
    monkeypatch.setattr(routes, "clock", town.clock)
    before = {path for path in home.artifacts().rglob("*") if path.is_file()}
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="A.csv"\r\n\r\n'
    form = f"{head}x\r\n--b--\r\n"
    client_of(somebody(town, Role.OPERATOR)).generic(
        "POST", f"/d/{town.code}/{page.format(run=run.pk)}", form, "multipart/form-data; boundary=b"
    )
    assert {path for path in home.artifacts().rglob("*") if path.is_file()} == before
    assert not Path("/tmp/escaped").exists()


def test_the_server_takes_a_little_more_than_an_upload_may_be(
    small: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    listening = server.listening("127.0.0.1", 0)
    assert listening.adj.max_request_body_size == MIB + (256 << 20)
    listening.close()
