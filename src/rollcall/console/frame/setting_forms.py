"""Declared settings of any shape (core.settings.setting_fields) as Django forms.

The engine checks what is sent; `place` puts its mistakes at their fields.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.html import escape

from rollcall.console.frame.setting_fields import cell_field, form_field, help_of
from rollcall.core.settings.config_diff import words
from rollcall.core.settings.sent_settings import (
    REMOVE,
    form_place,
    laid_over,
    row_mistakes,
    rows_of,
)
from rollcall.core.settings.setting_fields import Kind, SettingField, with_values
from rollcall.engine.settings.config import Mistakes

#: The name of the checkbox that removes a secret.
_REMOVE_SECRET = "{}-remove"  # noqa: S105 - the name of a checkbox
#: Empty rows at the end of a table: one can be filled without a script, and one more.
_EMPTY_ROWS = 2
#: A form with more rows than this was not made by our page.
_MOST_ROWS = 1_000
#: The name of the hidden field that says how many rows were shown.
_ROWS = "rows"


@dataclass(frozen=True)
class TableRow:
    """A row of a table on a form: its cells, and the box that removes it (an empty row: none)."""

    number: int
    cells: list[tuple[str, forms.BoundField]]
    remove: forms.BoundField | None

    @property
    def wrong(self) -> list[tuple[str, str]]:
        """What is wrong with it: (the column's title, what)."""
        return [(title, str(error)) for title, cell in self.cells for error in cell.errors]


@dataclass(frozen=True)
class Block:
    """What a form shows of one or more settings, by `kind`: fields beside each other ("fields"), a
    "group" with blocks below it, a "table" (or mapping), or what only the "file" can set.
    """

    kind: str
    name: str = ""
    title: str = ""
    help: str = ""
    fields: list[forms.BoundField] = field(default_factory=list)
    below: list["Block"] = field(default_factory=list)
    columns: list[SettingField] = field(default_factory=list)
    rows: list[TableRow] = field(default_factory=list)
    count: forms.BoundField | None = None
    errors: list[str] = field(default_factory=list)
    value: str = ""


class SettingsForm(forms.Form):
    """A form of declared fields. `choices`: (value, label) of a text that is one of several.
    `saved`: the settings as they are saved, of which what is not shown is kept.
    """

    def __init__(
        self,
        fields: Sequence[SettingField],
        prefix: str,
        data: QueryDict | None = None,
        choices: Mapping[str, Sequence[tuple[str, str]]] | None = None,
        saved: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, prefix=prefix, auto_id="id_%s")
        self.declared = list(fields)
        own = {f.name: f.value for f in fields if f.is_set and f.kind is not Kind.SECRET}
        self.saved = own if saved is None else saved
        self.use_required_attribute = False
        self._add(self.declared, "", choices or {})

    def _add(
        self,
        fields: Sequence[SettingField],
        within: str,
        choices: Mapping[str, Sequence[tuple[str, str]]],
    ) -> None:
        for setting in fields:
            name = f"{within}{setting.name}"
            match setting.kind:
                case Kind.FILE:
                    pass
                case Kind.GROUP:
                    self._add(setting.parts, f"{name}.", choices)
                case Kind.TABLE | Kind.MAPPING:
                    self._add_table(setting, name)
                case _:
                    self.fields[name] = form_field(setting, choices.get(name))
            if setting.kind is Kind.SECRET and setting.is_set and not setting.required:
                title = f"Remove the saved {setting.title.lower()}"
                self.fields[_REMOVE_SECRET.format(name)] = forms.BooleanField(
                    label=title, required=False
                )

    def _add_table(self, table: SettingField, name: str) -> None:
        saved = rows_of(table)
        shown = len(saved) + _EMPTY_ROWS
        count = self._row_count(name, shown)
        self.fields[f"{name}.{_ROWS}"] = forms.IntegerField(
            required=False, initial=shown, widget=forms.HiddenInput()
        )
        for number in range(count):
            row = saved[number] if number < len(saved) else None
            for cell in with_values(table.parts, row):
                label = f"{table.title}, row {number + 1}: {cell.title}"
                self.fields[f"{name}.{number}.{cell.name}"] = cell_field(cell, label)
            if row is not None:
                box = forms.BooleanField(required=False, label="Remove")
                box.widget.attrs["aria-label"] = f"{table.title}: remove row {number + 1}"
                self.fields[f"{name}.{number}.{REMOVE}"] = box

    def _row_count(self, name: str, shown: int) -> int:
        """How many rows a form has: those that were sent, if they were."""
        sent = str(self.data.get(self.add_prefix(f"{name}.{_ROWS}"), ""))
        return min(int(sent), _MOST_ROWS) if sent.isascii() and sent.isdigit() else shown

    @property
    def blocks(self) -> list[Block]:
        """The form in the order of its settings, those of one value beside each other."""
        return list(self._blocks(self.declared, ""))

    def _blocks(self, fields: Sequence[SettingField], within: str) -> Iterator[Block]:
        beside: list[forms.BoundField] = []
        for setting in fields:
            name = f"{within}{setting.name}"
            if setting.kind not in _LARGE:
                names = (name, _REMOVE_SECRET.format(name))
                beside += [self[part] for part in names if part in self.fields]
                continue
            if beside:
                yield Block("fields", fields=beside)
                beside = []
            yield self._large(setting, name)
        if beside:
            yield Block("fields", fields=beside)

    def _large(self, setting: SettingField, name: str) -> Block:
        about = (name, setting.title, help_of(setting))
        match setting.kind:
            case Kind.GROUP:
                return Block("group", *about, below=list(self._blocks(setting.parts, f"{name}.")))
            case Kind.FILE:
                return Block("file", *about, value=words(setting.value))
        count = self[f"{name}.{_ROWS}"]
        return Block(
            "table",
            *about,
            columns=list(setting.parts),
            rows=self._rows(setting, name),
            count=count,
            errors=[str(error) for error in count.errors],
        )

    def _rows(self, table: SettingField, name: str) -> list[TableRow]:
        rows = []
        for number in range(self._row_count(name, len(rows_of(table)) + _EMPTY_ROWS)):
            row = f"{name}.{number}"
            cells = [(column.title, self[f"{row}.{column.name}"]) for column in table.parts]
            removable = f"{row}.{REMOVE}" in self.fields
            remove = self[f"{row}.{REMOVE}"] if removable else None
            rows.append(TableRow(number + 1, cells, remove))
        return rows

    def sent(self) -> dict[str, Any]:
        """What was sent, by field; None for a secret that is to be removed."""
        return self._sent(self.declared, "")

    def _sent(self, fields: Sequence[SettingField], within: str) -> dict[str, Any]:
        return {
            setting.name: self._value(setting, f"{within}{setting.name}")
            for setting in fields
            if setting.kind is not Kind.FILE
        }

    def _value(self, setting: SettingField, name: str) -> Any:
        assert isinstance(self.data, QueryDict)
        key = self.add_prefix(name)
        if self.data.get(_REMOVE_SECRET.format(key)) == "on":
            return None
        match setting.kind:
            case Kind.GROUP:
                return self._sent(setting.parts, f"{name}.")
            case Kind.TABLE | Kind.MAPPING:
                if f"{key}.{_ROWS}" not in self.data:
                    return None
                return [self._row(setting, f"{name}.{n}.") for n in range(self._row_count(name, 0))]
            case Kind.LIST if setting.choices:
                return self.data.getlist(key)
        return self.data.get(key, "")

    def _row(self, table: SettingField, within: str) -> dict[str, Any]:
        remove = {REMOVE: self.data.get(self.add_prefix(f"{within}{REMOVE}"))}
        return {**self._sent(table.parts, within), **remove}

    def settings(self) -> dict[str, Any]:
        """What was sent, in the form of the configuration. Raises Mistakes, of rows alone."""
        sent = self.sent()
        if mistakes := row_mistakes(self.declared, sent):
            raise Mistakes(mistakes)
        return laid_over(self.saved, self.declared, sent)

    def field_at(self, path: str) -> str | None:
        """The field of a mistake at a place of the configuration: the longest name that begins it,
        or of a table as a whole its first one.
        """
        place = form_place(self.declared, self.sent(), path)
        names = [name for name in self.fields if place == name or place.startswith(f"{name}.")]
        of_table = f"{place.partition('.')[0]}.{_ROWS}"
        return max(names, key=len, default=of_table if of_table in self.fields else None)


#: The kinds that take the whole width.
_LARGE = (Kind.GROUP, Kind.TABLE, Kind.MAPPING, Kind.FILE)


def place(form: forms.Form, mistakes: Mapping[str, str]) -> None:
    """Put mistakes at their fields: the longest name that a place begins with, else the form."""
    form.is_valid()
    for path, text in mistakes.items():
        form.add_error(_field_at(form, path), escape(text[:1].upper() + text[1:]))


def _field_at(form: forms.Form, path: str) -> str | None:
    """The field with the longest name that a place begins with; None: the form."""
    if isinstance(form, SettingsForm):
        return form.field_at(path)
    names = [name for name in form.fields if path == name or path.startswith(f"{name}.")]
    return max(names, key=len, default=None)


def below(mistakes: Mapping[str, str], part: str) -> dict[str, str]:
    """The mistakes at or below a part of the configuration, by their path below it."""
    return {
        path.removeprefix(part).removeprefix("."): text
        for path, text in mistakes.items()
        if path == part or path.startswith(f"{part}.")
    }
