"""A person edits a record: checked like a file's row, signed, and never over another's edit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rollcall.core.files.layouts import Field, Layout
from rollcall.core.findings import Codes, Severity
from rollcall.core.plans import record_fields
from rollcall.core.plans.record_fields import Mistake, fields_of, typed
from rollcall.core.problems import Problem
from rollcall.engine import registry
from rollcall.engine.models import Sync
from rollcall.engine.settings.config import Mistakes, settings_of
from rollcall.records.by_person import by_person
from rollcall.records.models import District, Record
from rollcall.records.types import MODELS, RECORD_TYPES, STUDENT, STUDENT_RECORDS

_EDITOR = "the person who edits"

INVALID = Codes.add(
    "edit.invalid",
    Severity.ERROR,
    "Some values are not valid, so nothing was saved",
    "Correct the fields named and save again.",
    _EDITOR,
)
MOVED = Codes.add(
    "edit.moved",
    Severity.ERROR,
    "The record was changed since you opened it, so nothing was saved",
    "Compare your values with those of the record as it is now, and save again what is right.",
    _EDITOR,
)
GONE = Codes.add(
    "edit.gone",
    Severity.ERROR,
    "There is no such record any more",
    "Open the student again; the timeline says who removed the record.",
    _EDITOR,
)

#: The record types that people edit.
EDITABLE = (STUDENT.name, *STUDENT_RECORDS)
_MODELS = {model._meta.db_table: model for model in MODELS}


@dataclass(frozen=True)
class Conflict:
    """A field whose stored value is another than the one entered."""

    column: str
    yours: Any
    stored: Any


class Invalid(Problem):
    """Values that are not valid: `mistakes` says which and why."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__(INVALID, ", ".join(dict.fromkeys(mistake.column for mistake in mistakes)))
        self.mistakes = mistakes


class Moved(Problem):
    """The record is not as the editor saw it: `conflicts` has both values of each field, `digest`
    is the record's as it is now.
    """

    def __init__(self, conflicts: list[Conflict], digest: str) -> None:
        super().__init__(MOVED, ", ".join(conflict.column for conflict in conflicts))
        self.conflicts = conflicts
        self.digest = digest


def fields(district: District, record: str) -> dict[str, Field]:
    """The columns of a record type that people can edit, and what each can have."""
    return fields_of(RECORD_TYPES[record], _layouts(record, district))


def code_words(record: str) -> dict[str, Mapping[str, str]]:
    """What codes mean, by the columns of a record type, as far as the usual layouts say."""
    return record_fields.code_words(_layouts(record))


def edit(
    district: District, record: str, number: int, texts: Mapping[str, str], seen: str, person: str
) -> dict[str, tuple[Any, Any]]:
    """Give columns of a record new values; what was before and is now of those that changed.

    `record`: one of EDITABLE, `number` the database's of the record, `texts` by column as typed,
    `seen` the record's digest when the person opened it. Invalid, Moved, Problem (gone) or
    RecordsBusy when nothing was saved.
    """
    values, mistakes = typed(fields(district, record), texts)
    if mistakes:
        raise Invalid(mistakes)
    with by_person(person):
        stored = _locked(district, record, number)
        changed = {
            name: (before, value)
            for name, value in values.items()
            if (before := getattr(stored, name)) != value
        }
        if stored.digest != seen:
            conflicts = [
                Conflict(name, yours, stored_value)
                for name, (stored_value, yours) in changed.items()
            ]
            raise Moved(conflicts, stored.digest)
        if changed:
            new = {name: value for name, (_, value) in changed.items()}
            type(stored).objects.filter(pk=stored.pk).update(**new)
    return changed


def _locked(district: District, record: str, number: int) -> Any:
    """The record, which nobody else changes until the transaction ends."""
    model: type[Record] = _MODELS[record]
    records = model._default_manager.select_for_update()
    stored = records.filter(district=district, pk=number).first()
    if stored is None:
        raise Problem(GONE)
    return stored


def _layouts(record: str, district: District | None = None) -> Iterator[Layout]:
    """The layouts of the inputs that feed the record type: as the district's syncs read them, or
    without any setting.
    """
    for name in registry.names():
        feeding = [i for i in registry.integration(name).inputs if record in i.records]
        if not feeding:
            continue
        sync = (
            Sync.objects.filter(district=district, integration=name).first() if district else None
        )
        config = sync.version.config.get("settings", {}) if sync else {}
        try:
            settings = settings_of(name, name, config, district.state if district else "")
        except Mistakes:
            continue
        yield from (input.layout(settings) for input in feeding)
