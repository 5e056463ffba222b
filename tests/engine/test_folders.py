"""Paths below folders of ours, by every door of the engine that makes one."""

from pathlib import Path

import pytest
from tests.hostile_names import HOSTILE_NAMES
from tests.town import Town

from rollcall import home
from rollcall.core.files.file_names import is_plain
from rollcall.core.problems import Problem
from rollcall.engine import artifacts
from rollcall.engine.folders import below
from rollcall.engine.mail.message import build
from rollcall.engine.models import Artifact, Run
from rollcall.engine.runs.starting import start

NO_FILE_NAMES = [name for name in HOSTILE_NAMES if not is_plain(name)]


@pytest.fixture
def run(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run whose files are kept apart, so that all there are can be listed."""
    monkeypatch.setenv("ROLLCALL_ARTIFACTS", str(tmp_path / "artifacts"))
    return start(town.sync, town.clock, by="person")


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_path_is_below_its_folder_or_is_none(tmp_path: Path, name: str) -> None:
    for names in ((name,), ("a", name), (name, "a")):
        try:
            path = below(tmp_path, *names)
        except Problem as problem:
            assert problem.code == "file.name_unsafe"
            assert problem.detail.isprintable()
        else:
            assert path.resolve() == path
            assert path.parts[: len(tmp_path.parts)] == tmp_path.parts
            assert len(path.parts) == len(tmp_path.parts) + len(names)


@pytest.mark.parametrize("name", NO_FILE_NAMES)
def test_no_artifact_is_stored_under_a_name_that_is_a_path(run: Run, name: str) -> None:
    before = set(home.artifacts().rglob("*"))
    for kind, called in (("report", name), (name, "report.csv")):
        with pytest.raises(Problem, match="not a file's name"):
            artifacts.store(run, kind, called, [b"x"])
    assert {path for path in set(home.artifacts().rglob("*")) - before if path.is_file()} == set()
    assert not run.artifacts.exists()


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", "a//b", "", "a/../../b"])
def test_a_stored_path_that_leads_out_is_not_followed(run: Run, path: str) -> None:
    artifact = Artifact(run=run, kind="report", name="x", path=path, sha256="", size=0)
    for follow in (artifacts.path_of, artifacts.checked_path, artifacts.unlink):
        with pytest.raises(Problem, match="not a file's name"):
            follow(artifact)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_an_attachment_has_one_plain_name(name: str) -> None:
    mail = build(
        "s", "t", ["a@example.org"], "b@example.org", [(name, b"x")], message_id="m@example.org"
    )
    (attached,) = mail.iter_attachments()
    assert is_plain(attached.get_filename() or "")
    assert mail.as_bytes().count(b"Content-Disposition: attachment") == 1
