"""Services say at their start that the tables are of another version, and do not start."""

import pytest
from click.testing import CliRunner
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from rollcall.cli import main


@pytest.mark.django_db
@pytest.mark.parametrize("arguments", [["serve", "--port", "0"], ["worker", "--until-idle"]])
def test_a_service_does_not_start_on_them(wired: None, arguments: list[str]) -> None:
    MigrationRecorder(connection).record_applied("engine", "0016_mail_told")
    ended = CliRunner().invoke(main, arguments)
    assert ended.exit_code == 4
    assert "[database.tables_of_other_version]" in ended.output
