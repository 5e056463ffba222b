"""A public tool for Ed-Fi APIs, lightbeam, works against the stand-in as against a real one."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.sandbox.edfi.client import calendar, coded, demographics, enrollment, program, student

from rollcall.sandbox.edfi import EdfiServer
from rollcall.sandbox.edfi.codes import DESCRIPTORS

BESIDE = str(Path(sys.executable).parent)
TOOL = shutil.which("lightbeam", path=os.pathsep.join([BESIDE, os.environ.get("PATH", "")]))

pytestmark = pytest.mark.skipif(TOOL is None, reason="needs lightbeam (the extra bench)")

NUMBERS = [str(number) for number in range(12)]
RESIDENT = {"MN": {"stateAidCategoryDescriptor": coded("StateAidCategoryDescriptor", "00")}}
SENT: Mapping[str, list[dict[str, Any]]] = {
    "students": [student(number) for number in NUMBERS],
    "calendars": [calendar("3")],
    "studentSchoolAssociations": [enrollment(number, _ext=RESIDENT) for number in NUMBERS],
    "studentEducationOrganizationAssociations": [demographics(number) for number in NUMBERS],
    "studentProgramAssociations": [program(number) for number in NUMBERS],
}


class Lightbeam:
    """The tool with its files in one folder."""

    def __init__(self, folder: Path, state: EdfiServer) -> None:
        self.folder = folder
        self._config = folder / "lightbeam.json"
        self._config.write_text(json.dumps(config(folder, state)))

    def write(self, bodies: Mapping[str, Iterable[dict[str, Any]]]) -> None:
        for resource, some in bodies.items():
            lines = "".join(json.dumps(body) + "\n" for body in some)
            (self.folder / f"{resource}.jsonl").write_text(lines)

    def run(self, command: str, *options: str) -> str:
        """What it tells. It ends with an error only where nothing at all went well."""
        assert TOOL is not None
        done = subprocess.run(
            [TOOL, command, "-c", str(self._config), *options],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout + done.stderr


def config(folder: Path, state: EdfiServer) -> dict[str, Any]:
    return {
        "data_dir": str(folder),
        "namespace": "ed-fi",
        "namespace_overrides": {
            "mn": [descriptor.resource for descriptor in DESCRIPTORS if descriptor.schema == "mn"],
        },
        "edfi_api": {
            "base_url": state.url,
            "version": 3,
            "mode": "shared_instance",
            "client_id": state.key,
            "client_secret": state.secret,
        },
        "connection": {
            "pool_size": 8,
            "timeout": 60,
            "num_retries": 2,
            "backoff_factor": 1.5,
            "retry_statuses": [429, 500, 503],
            "verify_ssl": False,
        },
        "force_delete": True,
    }


@pytest.fixture
def tool(tmp_path: Path, state: EdfiServer) -> Lightbeam:
    return Lightbeam(tmp_path, state)


def test_what_it_sends_arrives_and_can_be_counted_and_taken_away(
    tool: Lightbeam, state: EdfiServer
) -> None:
    tool.write(SENT)
    output = tool.run("validate+send")
    assert output.count("all lines validate ok") == len(SENT)
    assert {name: len(state.documents(name)) for name in SENT} == {
        name: len(bodies) for name, bodies in SENT.items()
    }
    assert state.documents("studentSchoolAssociations")[0]["_ext"] == RESIDENT
    assert "12\tstudentSchoolAssociations" in tool.run("count")

    tool.run("delete", "-s", "studentEducationOrganizationAssociations")
    assert state.documents("studentEducationOrganizationAssociations") == []
    tool.run("truncate", "-s", "studentProgramAssociations,studentSchoolAssociations")
    assert state.documents("studentProgramAssociations") == []
    assert state.documents("studentSchoolAssociations") == []
    assert len(state.documents("students")) == 12


def test_it_reads_refusals_in_either_shape(tool: Lightbeam, state: EdfiServer) -> None:
    tool.write({"studentSchoolAssociations": [enrollment("1")]})
    assert "409: The value supplied for the related `Student`" in tool.run("send")
    state.problem_details = True
    assert "409: The referenced `Student` item does not exist." in tool.run("send")


def test_it_finds_codes_that_the_state_does_not_know(tool: Lightbeam) -> None:
    wrong = enrollment("1", entryGradeLevelDescriptor=coded("GradeLevelDescriptor", "77"))
    tool.write({"studentSchoolAssociations": [enrollment("1"), wrong]})
    assert "GradeLevelDescriptor#77 is not a valid descriptor value" in tool.run("validate")
