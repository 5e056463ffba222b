"""Change capture (promise 3): triggers that write every change of a record to the change log.

Statement-level triggers with transition tables: one INSERT into the log for each statement,
whoever sent it. The SQL is made here from a model's columns. Why so, what was measured and what the
triggers refuse: docs/decisions/0006-change-capture.md.
"""

from collections.abc import Callable
from typing import Any

import pgtrigger
from django.apps import apps
from django.db import models
from pgtrigger import compiler

#: Columns that are not part of the record itself.
NOT_CAPTURED = ("id", "district", "digest")
#: PostgreSQL takes at most 100 arguments in a call.
MAX_ARGUMENTS = 90


class CaptureSql(compiler.UpsertTriggerSql):
    """How a trigger is installed. Migrations refer to it: a change must be a new class.

    Unlike pgtrigger's own template it has no session setting that switches the trigger off. The
    function's settings: it finds the log wherever the session looks; it never joins the two
    transition tables by nested loops, which a plan cached for one row would do for a million;
    and it does not compile long expressions for short statements.
    """

    def get_template(self) -> str:
        """SQL with the names pgtrigger fills in."""
        return """
            CREATE OR REPLACE FUNCTION {pgid}() RETURNS TRIGGER AS $$
            BEGIN
                {func}
            END;
            $$ LANGUAGE plpgsql
                SET search_path FROM CURRENT SET enable_nestloop = off SET jit = off;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE TRIGGER {pgid}
                {when} {operation} ON {table}
                {referencing}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class _RecordTrigger(pgtrigger.Trigger):
    """A trigger on a record table, installed by CaptureSql."""

    def compile(self, model: Any) -> compiler.Trigger:
        """The trigger as migrations keep it."""
        sql = CaptureSql(
            pgid=self.get_pgid(model),
            func=self.render_func(model),
            table=model._meta.db_table,
            when=self.when,
            operation=self.operation,
            referencing=self.referencing or "",
            level=self.level,
            condition=self.render_condition(model),
        )
        return compiler.Trigger(name=self.name, sql=sql)


class Capture(_RecordTrigger):
    """Writes what one statement added, updated or removed to the change log."""

    level = pgtrigger.Statement
    when = pgtrigger.After

    def get_func(self, model: Any) -> str:
        """The trigger function's body for `model`."""
        return capture_sql(model, str(self.operation))


def capture_triggers() -> list[pgtrigger.Trigger]:
    """The triggers of a record table: capture, and what would go past it is refused."""
    return [
        Capture(name="capture_add", operation=pgtrigger.Insert, referencing=_rows(new="n")),
        Capture(name="capture_update", operation=pgtrigger.Update, referencing=_rows("o", "n")),
        Capture(name="capture_remove", operation=pgtrigger.Delete, referencing=_rows("o")),
        _refuse_truncate(),
        _refuse_move(),
    ]


def _rows(old: str | None = None, new: str | None = None) -> pgtrigger.Referencing:
    """The names of a trigger's transition tables."""
    return pgtrigger.Referencing(old=old, new=new)  # type: ignore[no-untyped-call] # pgtrigger's


def _refuse_truncate() -> pgtrigger.Trigger:
    """TRUNCATE shows no rows to a trigger, so it would go past the log."""
    return _RecordTrigger(
        name="refuse_truncate",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func="""IF current_setting('rollcall.truncate', true) IS DISTINCT FROM 'allowed' THEN
                    RAISE EXCEPTION 'TRUNCATE of % is refused: it would go past the change log',
                        TG_TABLE_NAME USING HINT = 'Use DELETE, which is captured.';
                END IF;
                RETURN NULL;""",
    )


def _refuse_move() -> pgtrigger.Trigger:
    """Capture pairs a record's old and new row by its id; a record never changes district."""
    return _RecordTrigger(
        name="refuse_move",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf("id", "district_id"),  # type: ignore[no-untyped-call] # pgtrigger's
        condition=pgtrigger.AnyChange("id", "district"),
        func="""RAISE EXCEPTION 'id and district_id of a record of % cannot change', TG_TABLE_NAME
                    USING HINT = 'Add a new record and remove this one.';""",
    )


#: Most changed rows differ in the digest already; it does not tell no value from empty text.
_DIFFERENT = "o.digest <> n.digest OR o.* IS DISTINCT FROM n.*"


def capture_sql(model: type[models.Model], operation: str) -> str:
    """The body of a capture function: `operation` is INSERT, UPDATE or DELETE.

    Transition tables: `n` the rows as they are now, `o` as they were.
    """
    columns = [f.name for f in model._meta.local_fields if f.name not in NOT_CAPTURED]
    kind, row, rows, before, after = {
        "INSERT": ("add", "n", "n", None, _json_of("n")),
        "DELETE": ("remove", "o", "o", _json_of("o"), None),
        "UPDATE": (
            "update",
            "n",
            f"o JOIN n USING (id) WHERE {_DIFFERENT}",
            _json_where_different("o"),
            _json_where_different("n"),
        ),
    }[operation]
    key = ", ".join(f"'{name}', {row}.{name}" for name in key_columns(model))
    local_id = f"{row}.local_id" if "local_id" in columns else "NULL"
    # In a join USING (id), `id` is either row's; ids never change (refuse_move).
    # The names are ours, from the models; no value of anyone else's goes into this text.
    return f"""INSERT INTO change_log
    (district_id, record, record_id, key, local_id, kind, before, after)
SELECT {row}.district_id, '{model._meta.db_table}', id,
    jsonb_build_object({key}),
    {local_id}, '{kind}',
    {_json(columns, before)},
    {_json(columns, after)}
FROM {rows};
RETURN NULL;"""  # noqa: S608 - see above


def key_columns(model: type[models.Model]) -> list[str]:
    """The columns of a record type's natural key, without the district."""
    # While migrations are made, `model` is a copy that has no constraints yet.
    declared = apps.get_model(model._meta.label)._meta
    (key,) = (c for c in declared.constraints if c.name == f"{declared.db_table}_key")
    if not isinstance(key, models.UniqueConstraint):
        raise TypeError(f"{key.name} must be unique")
    return [name for name in key.fields if name != "district"]


#: From a column to SQL text: `,"column":value` or null when the value is to be left out.
_Piece = Callable[[str], str]


def _json_of(row: str) -> _Piece:
    """The value when there is one: concatenating null gives null, and `concat` leaves it out."""
    return lambda column: f"""',"{column}":' || to_json({row}.{column})"""


def _json_where_different(row: str) -> _Piece:
    piece = _json_of(row)
    return lambda c: f"CASE WHEN o.{c} IS DISTINCT FROM n.{c} THEN {piece(c)} END"


def _json(columns: list[str], piece: _Piece | None) -> str:
    """A JSON object of the columns' pieces; as text it costs half of jsonb_build_object."""
    if piece is None:
        return "NULL"
    some = [columns[i : i + MAX_ARGUMENTS] for i in range(0, len(columns), MAX_ARGUMENTS)]
    texts = ["concat(\n        " + ",\n        ".join(map(piece, part)) + ")" for part in some]
    return f"""('{{' || substr({" || ".join(texts)}, 2) || '}}')::jsonb"""
