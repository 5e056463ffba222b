"""One declared setting as a field of a Django form, with help, range and default."""

from collections.abc import Sequence
from typing import Any

from django import forms

from rollcall.console.frame.inline_markup import ticked
from rollcall.core.settings.sent_settings import shown
from rollcall.core.settings.setting_fields import Kind, SettingField

#: A longer list is not shown as a default.
_FEW = 5
#: What a choice is called that leaves a setting unset.
_NOT_SET = ("", "Not set")


def form_field(field: SettingField, choices: Sequence[tuple[str, str]] | None) -> forms.Field:
    """The field of a form. `choices`: (value, label) of a text that is one of several."""
    shared: dict[str, Any] = {
        "label": field.title,
        "help_text": help_of(field),
        "required": False,
        "initial": shown(field),
    }
    if choices is None and field.choices:
        choices = [(value, value) for value in field.choices]
        if field.kind is Kind.CHOICE and (field.value is None or field.default is None):
            choices = [_NOT_SET, *choices] if not field.required else choices
    if field.kind is Kind.LIST and choices:
        widget = forms.CheckboxSelectMultiple
        return forms.MultipleChoiceField(choices=choices, widget=widget, **shared)
    if field.kind is Kind.YES_NO:
        return forms.BooleanField(**shared)
    if choices is not None:
        return forms.ChoiceField(choices=choices, **shared)
    return forms.CharField(widget=_widget(field), strip=False, **shared)


def cell_field(field: SettingField, label: str) -> forms.Field:
    """The field of a cell, whose column's head is its label for who sees it."""
    choices = None
    if field.kind is Kind.CHOICE:
        choices = [("", ""), *((value, value) for value in field.choices)]
    cell = form_field(field, choices)
    cell.widget.attrs["aria-label"] = cell.label = label
    cell.help_text = ""
    return cell


def help_of(field: SettingField) -> str:
    """The help of a field with its range and its default, as markup."""
    help_text = f"{field.help}." if field.help.endswith(")") else field.help
    limits = f"{field.range[:1].upper()}{field.range[1:]}." if field.range else ""
    saved = field.kind is Kind.SECRET and field.is_set
    default = "Leave empty to keep the saved one." if saved else _default(field)
    return ticked(" ".join(part for part in (help_text, limits, default) if part))


def _widget(field: SettingField) -> forms.Widget:
    if field.kind is Kind.SECRET:
        secret = {"autocomplete": "off", "placeholder": "saved, not shown" if field.is_set else ""}
        if "key" in field.name:
            return forms.Textarea({**secret, "rows": 4, "spellcheck": "false"})
        return forms.PasswordInput({**secret, "autocomplete": "new-password"})
    if field.kind is Kind.LIST:
        return forms.Textarea({"rows": min(8, max(2, len(str(shown(field)).splitlines())))})
    if field.kind is Kind.LINES:
        return forms.Textarea({"rows": 4, "spellcheck": "false"})
    if field.kind is Kind.NUMBER:
        step = "1" if field.whole else "any"
        return forms.NumberInput({"min": field.minimum, "max": field.maximum, "step": step})
    return forms.TextInput()


def _default(field: SettingField) -> str:
    if field.kind in (Kind.GROUP, Kind.TABLE, Kind.MAPPING, Kind.FILE):
        return "Required." if field.required and field.kind is not Kind.GROUP else ""
    if field.required or field.default in (None, "", [], ()):
        return "Required." if field.required else ""
    if isinstance(field.default, list | tuple):
        if len(field.default) > _FEW:
            return "If empty, the usual values apply."
        text = ", ".join(map(str, field.default))
    elif isinstance(field.default, bool):
        text = "yes" if field.default else "no"
    else:
        text = str(field.default)
    return f"Default: {text}." if any(map(str.isalnum, text)) else ""
