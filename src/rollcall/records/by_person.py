"""A person writes records: signed for the change log, and not made to wait for an import."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg import errors

from rollcall.records import write
from rollcall.records.copying import Database
from rollcall.records.problems import RecordsBusy

#: How long a person waits for an import that is being applied, in seconds.
PATIENCE = 10


@contextmanager
def by_person(person: str) -> Iterator[Database]:
    """One transaction whose changes the change log ascribes to `person`.

    RecordsBusy when a run that is being applied holds the records for longer than PATIENCE.
    """
    try:
        with transaction.atomic():
            connection.ensure_connection()
            database: Database = connection.connection
            write.sign(database, person=person)
            database.execute(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
            yield database
            write.sign(database)
            database.execute("SET LOCAL lock_timeout TO DEFAULT")
    except (OperationalError, errors.LockNotAvailable) as error:
        if isinstance(error.__cause__ or error, errors.LockNotAvailable):
            raise RecordsBusy(f"waited {PATIENCE} seconds") from error
        raise
