"""Runs whose file server sends no sizes: read to the end, and what could not be checked is said."""

from collections.abc import Iterator

import polars as pl
import pytest
from tests.servers.sizeless import SizelessServer
from tests.town import RowMaker, Town

from rollcall.engine.models import RunState
from rollcall.engine.settings import configure, installation_settings


@pytest.fixture
def ready(town: Town, students: pl.DataFrame, table_a: RowMaker) -> Iterator[Town]:
    town.load({"students": students})
    town.drop("A.csv", table_a(SSID="0000000001").encode())
    with SizelessServer(town.outgoing, "demo", "secret") as server:
        there = {
            "type": "sftp",
            "host": server.host,
            "port": server.port,
            "user": "demo",
            "password": "${env:SFTP_PASSWORD}",
            "host_key": server.host_key,
        }
        document = {**town.document(), "connections": {"seis": there}}
        configure.apply(document, {"SFTP_PASSWORD": "secret"}, town.clock, "tester")
        yield town


def test_a_run_reads_to_the_end_and_says_that_no_size_confirms_it(ready: Town) -> None:
    run = ready.run()
    assert run.state == RunState.DONE
    assert run.counts["students"]["read"] == 1
    (said,) = (one for one in run.findings if one["code"] == "file.size_unknown")
    assert (said["severity"], "A.csv" in str(said)) == ("info", True)
    assert ready.run().state == RunState.UNCHANGED


def test_a_file_without_a_size_is_as_large_as_any_other_can_be(ready: Town) -> None:
    installation_settings.apply({"limits": {"upload_mib": 1}}, {}, ready.clock, "tester")
    ready.drop("A.csv", bytes((1 << 20) + 1))
    run = ready.run()
    assert run.error_code == "file.too_large"
    assert not run.artifacts.exists()
