"""`rollcall migrate`: tables of this version, or a sentence that says why not."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from rollcall.core.problems import Problem
from rollcall.engine.installation.upgrading import OTHER_VERSION, upgrade


@pytest.mark.django_db
def test_a_database_of_this_version_stays_as_it_is() -> None:
    upgrade()


@pytest.mark.django_db
def test_tables_of_another_version_are_refused_by_name() -> None:
    MigrationRecorder(connection).record_applied("engine", "0016_mail_told")
    with pytest.raises(Problem) as raised:
        upgrade()
    assert raised.value.code == OTHER_VERSION
    assert "engine.0016_mail_told" in str(raised.value)
