"""The stand-in as a whole: by https, by itself in a process, and beside another."""

import http.client
import json
import signal
import ssl
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from tests.sandbox.edfi.client import Client, student

from rollcall.sandbox.edfi import EdfiServer


def test_it_answers_by_https_to_those_who_trust_its_certificate() -> None:
    with EdfiServer(tls=True) as state:
        assert state.url.startswith("https://")
        with Client(state) as client:
            client.sign_in()
            assert client.post("students", student()).status == 201
        where = urlsplit(state.url)
        stranger = http.client.HTTPSConnection(where.hostname or "", where.port, timeout=10)
        with pytest.raises(ssl.SSLCertVerificationError):
            stranger.request("GET", "/")
        stranger.close()


def test_two_stand_ins_never_give_the_same_id() -> None:
    ids = []
    for seed in (1, 2):
        with EdfiServer(seed=seed) as state, Client(state) as client:
            client.sign_in()
            ids.append(client.post("students", student()).id)
    assert ids[0] != ids[1]


def test_a_port_that_is_taken_is_told(state: EdfiServer) -> None:
    with pytest.raises(OSError, match="in use"), EdfiServer(port=state.port):
        pass


def test_it_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    registry = tmp_path / "students.csv"
    registry.write_text(
        "number,last,first,birth,sex,middle\n5,Lind,Bo,2014-01-01,Male,\n", encoding="utf-8"
    )
    options = ["--latency-ms", "1", "--students-registry", str(registry), "--most-tokens", "99"]
    command = [sys.executable, "-m", "rollcall.sandbox.edfi", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())
        assert {"url", "key", "secret", "ca_file"} == address.keys()
        body = json.dumps({"seed": 3}).encode()
        order = Request(address["url"] + "/sandbox/faults", body, method="POST")
        with urlopen(order) as answer:
            assert json.load(answer)["documents"]["students"] == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
