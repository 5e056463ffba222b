"""Column types and database expressions that Django does not have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Col
from django.db.models.functions import MD5
from django.db.models.sql.compiler import SQLCompiler

#: Between the values of a canonical record: the "unit separator", which no value has.
SEPARATOR_SQL = r"E'\x1f'"


if TYPE_CHECKING:
    TextualField = models.Field[str, str]
else:  # Django's own class takes no type arguments.
    TextualField = models.Field


class TransactionIdField(TextualField):
    """`xid8`: the number of a transaction, never reused."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """The column type in PostgreSQL."""
        return "xid8"


class Canonical(models.Func):
    """A record's columns as one text: the SQL twin of `core.plans.digest.canonical`."""

    output_field = models.TextField()

    def as_sql(
        self, compiler: SQLCompiler, *_: Any, **__: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """Immutable SQL: each column as text, null as empty, joined by the separator."""
        columns = [self._text(compiler, source) for source in self.get_source_expressions()]
        return f" || {SEPARATOR_SQL} || ".join(columns), ()

    @staticmethod
    def _text(compiler: SQLCompiler, source: Col) -> str:
        sql, _ = compiler.compile(source)
        if isinstance(source.output_field, models.DateField):
            # A date's own text depends on the session's DateStyle; its day number does not.
            sql = f"({sql} - DATE '1970-01-01')"
        text = sql if isinstance(source.output_field, models.TextField) else f"{sql}::text"
        return f"coalesce({text}, '')"


def digest_over(body: Mapping[str, Any]) -> models.GeneratedField:
    """The stored digest of a record type, over all columns its class body (`locals()`) declares."""
    columns = [name for name, value in body.items() if isinstance(value, models.Field)]
    return models.GeneratedField(
        expression=MD5(Canonical(*columns)), output_field=models.TextField(), db_persist=True
    )


def sql_default(sql: str, output: models.Field[Any, Any]) -> models.Func:
    """A column's default as the database computes it for each new row."""
    return models.Func(template=sql, output_field=output)


def session_setting(name: str, output: models.Field[Any, Any], cast: str = "") -> models.Func:
    """The session's setting of that name as a default; null when it is not set or empty."""
    return sql_default(f"nullif(current_setting('{name}', true), ''){cast}", output)


#: Who writes: `run`, `person`, or `sql` with the database's user and program.
SOURCE_SQL = """CASE WHEN current_setting('rollcall.run', true) <> '' THEN 'run'
    WHEN current_setting('rollcall.person', true) <> '' THEN 'person'
    ELSE concat_ws(' ', 'sql', session_user, nullif(current_setting('application_name'), '')) END"""
