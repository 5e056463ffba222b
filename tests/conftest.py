"""One embedded server for the whole test session, in a home of its own.

The controlling process starts it and hands ROLLCALL_HOME and DATABASE_URL to the pytest-xdist
workers and to every process a test starts. A DATABASE_URL given from outside is used as it is.
Django is set up here, at import, so that the conftests of folders can import models; its settings
are not named in pyproject.toml, where pytest-django would read them before this file runs.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import django
import pytest
from django.test.utils import setup_databases, teardown_databases
from hypothesis import settings
from pytest_django import DjangoDbBlocker
from whitenoise.middleware import WhiteNoiseMiddleware

if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    # Each has a database of its own, whose runs are numbered from 1: their files are kept apart.
    os.environ["ROLLCALL_HOME"] = os.path.join(os.environ["ROLLCALL_HOME"], worker)  # noqa: PTH118
else:
    os.environ["ROLLCALL_HOME"] = tempfile.mkdtemp(prefix="rollcall-tests-")
    # Runs after the server has stopped: what is registered last runs first.
    atexit.register(shutil.rmtree, os.environ["ROLLCALL_HOME"], ignore_errors=True)

    if not os.environ.get("DATABASE_URL"):
        from rollcall.embedded import database_url

        os.environ["DATABASE_URL"] = database_url(durable=False)

# What a test takes on a busy machine says nothing; speed is for bench/.
settings.register_profile("rollcall", deadline=None)
settings.load_profile("rollcall")

os.environ["DJANGO_SETTINGS_MODULE"] = "rollcall.django_settings"
django.setup()


@pytest.fixture(scope="session", autouse=True)
def static_files_looked_for_once() -> Iterator[None]:
    """Every `Client` has middleware of its own; the real server has it once, and looks once."""
    look = WhiteNoiseMiddleware.add_files_from_finders
    files: dict[str, Any] = {}

    def look_once(middleware: WhiteNoiseMiddleware) -> None:
        if not files:
            look(middleware)
            files.update(middleware.files)
        middleware.files = dict(files)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", look_once)
        yield


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_modify_db_settings: None,  # a database of its own for every pytest-xdist worker
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """The test database, made whenever it is asked for.

    pytest-django makes it only when a test has its marker; ours that commit for real (several
    processes, locks, LISTEN) have a district of their own instead of a transaction to roll back.
    """
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False)
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)
