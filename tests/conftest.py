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

import django

if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["ROLLCALL_HOME"] = tempfile.mkdtemp(prefix="rollcall-tests-")
    # Runs after the server has stopped: what is registered last runs first.
    atexit.register(shutil.rmtree, os.environ["ROLLCALL_HOME"], ignore_errors=True)

    if not os.environ.get("DATABASE_URL"):
        from rollcall.embedded import database_url

        os.environ["DATABASE_URL"] = database_url(durable=False)

os.environ["DJANGO_SETTINGS_MODULE"] = "rollcall.django_settings"
django.setup()
