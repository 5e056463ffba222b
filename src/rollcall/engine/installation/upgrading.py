"""The database's tables, made or brought up to this version."""

from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem

OTHER_VERSION = Codes.add(
    "database.tables_of_other_version",
    Severity.ERROR,
    "The tables in this database were made by another version of Rollcall; nothing was changed",
    "Start the version that made them. Tables from before 0.2.0 cannot be brought up to date: set "
    "ROLLCALL_HOME to a new folder, or DATABASE_URL to an empty database.",
    "whoever runs the server",
)


def refuse_other_version() -> None:
    """Problem `database.tables_of_other_version` when the database has steps that this version does
    not know: it is newer, or from before the first release.
    """
    loader = MigrationLoader(connection)
    ours = {app.label for app in apps.get_app_configs() if app.name.startswith("rollcall.")}
    unknown = [
        f"{app}.{name}"
        for app, name in loader.applied_migrations
        if app in ours and (app, name) not in loader.disk_migrations
    ]
    if unknown:
        raise Problem(OTHER_VERSION, ", ".join(sorted(unknown)))


def upgrade() -> None:
    """Make the tables, or bring them up to this version; refused as `refuse_other_version` says."""
    refuse_other_version()
    call_command("migrate", verbosity=0, interactive=False)
