"""One attempt at a run, and one sender of a sync, at a time: what an older one writes is refused.

The locks (engine.locks) are freed when their holder's connection ends. Their holder may not know
it: a process that was frozen, or cut off, goes on where it was. So whoever begins takes the next
number, and every transaction that writes holds it against the row first.
"""

from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import F

if TYPE_CHECKING:
    from rollcall.engine.models import Run


class Superseded(Exception):
    """Another process carries this on; nothing of this transaction may be written."""


def hold(run: "Run") -> None:
    """Let nobody begin the run anew until this transaction ends; Superseded when another has."""
    of_ours = type(run).objects.filter(pk=run.pk, attempt=run.attempt)
    if not of_ours.select_for_update(no_key=True).values_list("pk").exists():
        raise Superseded(f"run {run.pk}, attempt {run.attempt}")


def begin(run: "Run") -> None:
    """Be the next attempt at a run; Superseded when another process has become that meanwhile."""
    of_ours = type(run).objects.filter(pk=run.pk, attempt=run.attempt)
    if not of_ours.update(attempt=F("attempt") + 1):
        raise Superseded(f"run {run.pk}, attempt {run.attempt}")
    run.attempt += 1


def begin_sending(sync: int) -> int:
    """Be the next sender of a sync: the number for `hold_sending`."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sync SET sender = sender + 1 WHERE id = %s RETURNING sender", [sync])
        return int(cursor.fetchone()[0])


def hold_sending(sync: int, sender: int) -> None:
    """Let nobody become the sender until this transaction ends; Superseded when another has."""
    with connection.cursor() as cursor:
        query = "SELECT FROM sync WHERE id = %s AND sender = %s FOR SHARE"
        cursor.execute(query, [sync, sender])
        if cursor.rowcount == 0:
            raise Superseded(f"sync {sync}, sender {sender}")
