"""How a record is held to its student: a foreign key that Django's own cannot say.

It has two columns, the district and the student's id; it follows when that id changes; and it is
checked at the end of a run, which may write its record types in any order (`records.write`).
"""

from enum import StrEnum
from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


class StudentRemoved(StrEnum):
    """What becomes of a record when its student is removed."""

    REFUSED = "refused"  # a student who has such a record cannot be removed
    REMOVED_TOO = "removed_too"  # the record goes with the student, and the change log has it


_ON_DELETE = {StudentRemoved.REFUSED: "NO ACTION", StudentRemoved.REMOVED_TOO: "CASCADE"}


class StudentKey(models.BaseConstraint):
    """A constraint of a model's Meta: (district, local_id) is a student's. Migrations keep it."""

    def __init__(self, *, name: str, student_removed: str = StudentRemoved.REFUSED) -> None:
        super().__init__(name=name)
        self.student_removed = StudentRemoved(student_removed)

    def constraint_sql(
        self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        """The constraint as CREATE TABLE has it."""
        return (
            f"CONSTRAINT {self.name} FOREIGN KEY (district_id, local_id)"
            " REFERENCES student (district_id, local_id)"
            f" ON UPDATE CASCADE ON DELETE {_ON_DELETE[self.student_removed]}"
            " DEFERRABLE INITIALLY IMMEDIATE"
        )

    def create_sql(
        self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        """The statement that adds it to a table that is there."""
        assert model is not None
        return f"ALTER TABLE {model._meta.db_table} ADD {self.constraint_sql(model, schema_editor)}"

    def remove_sql(
        self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        """The statement that takes it away."""
        assert model is not None
        return f"ALTER TABLE {model._meta.db_table} DROP CONSTRAINT {self.name}"

    def validate(self, *_: Any, **__: Any) -> None:
        """Nothing: the database checks it, for every writer."""

    def deconstruct(self) -> Any:
        """How migrations write it down."""
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "student_removed": self.student_removed.value}

    def __eq__(self, other: object) -> bool:
        """Equal when migrations would write it down alike."""
        return isinstance(other, StudentKey) and self.deconstruct() == other.deconstruct()

    __hash__ = models.BaseConstraint.__hash__
