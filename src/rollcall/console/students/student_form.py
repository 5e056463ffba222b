"""The form that edits a record: a field a column, as the layouts that feed the record say.

Each field comes with what it held when the page was opened (a hidden one), so that only what the
person changed is saved, and what somebody else changed meanwhile can be told.
"""

from collections.abc import Mapping
from typing import Any

from django import forms

from rollcall.core.files.layouts import Field, Kind


class RecordForm(forms.Form):
    """One record. `seen`: its digest when the person opened it."""

    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self, fields: Mapping[str, Field], held: Mapping[str, Any], seen: str, data: Any = None
    ) -> None:
        texts = {name: text_of(held[name]) for name in fields}
        super().__init__(data, initial={**texts, "seen": seen})
        for name, field in fields.items():
            self.fields[name] = _form_field(field, texts[name])

    @property
    def texts(self) -> dict[str, str]:
        """What the person changed, by column, as typed."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "seen"}

    @property
    def opened(self) -> dict[str, str]:
        """What each column held when the person opened the page."""
        names = [name for name in self.fields if name != "seen"]
        return {name: str(self.data.get(self.add_initial_prefix(name), "")) for name in names}

    def after(self, held: Mapping[str, str], seen: str, mine: Mapping[str, str]) -> dict[str, str]:
        """What to fill the form with when the record moved: `held` now, and `mine` over it."""
        before = {self.add_initial_prefix(name): text for name, text in held.items()}
        return {**held, **mine, **before, "seen": seen}


def text_of(value: Any) -> str:
    """A value as it is typed; dates ISO."""
    return "" if value is None else str(value)


def _form_field(field: Field, held: str) -> forms.Field:
    shared: dict[str, Any] = {
        "label": field.label,
        "required": False,
        "show_hidden_initial": True,
        "help_text": _help(field),
    }
    if field.kind is Kind.CODE and field.unknown_code == "error":
        codes = dict.fromkeys(["", *([held] if held else []), *field.codes])
        return forms.CharField(
            widget=forms.Select(choices=[(code, code or "none") for code in codes]), **shared
        )
    if field.kind is Kind.DATE:
        return forms.CharField(widget=forms.DateInput({"type": "date"}), **shared)
    return forms.CharField(widget=forms.TextInput({"autocomplete": "off"}), **shared)


def _help(field: Field) -> str:
    if field.kind is Kind.DIGITS:
        return f"{field.width} digits"
    if field.kind is Kind.INTEGER and None not in (field.low, field.high):
        return f"{field.low} to {field.high}"
    return field.help[:1].upper() + field.help[1:]
