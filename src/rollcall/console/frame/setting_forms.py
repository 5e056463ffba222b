"""Declared settings (core.settings.setting_fields) as Django forms, with help, ranges and defaults.

The engine checks what is sent; `place` puts its mistakes at their fields.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.html import escape

from rollcall.console.frame.inline_markup import ticked
from rollcall.core.plans.guards import Guards
from rollcall.core.settings.setting_fields import Kind, SettingField, from_form
from rollcall.engine.settings.sync_settings import GuardField, guard_fields

#: A longer list is not shown as a default.
_FEW = 5
#: The name of the checkbox that removes a secret.
_REMOVE = "{}-remove"


class SettingsForm(forms.Form):
    """A form of declared fields. `choices`: (value, label) of a text that is one of several."""

    def __init__(
        self,
        fields: Sequence[SettingField],
        prefix: str,
        data: QueryDict | None = None,
        choices: Mapping[str, Sequence[tuple[str, str]]] | None = None,
    ) -> None:
        super().__init__(data, prefix=prefix, auto_id="id_%s")
        self.declared = list(fields)
        self.use_required_attribute = False
        for field in self.declared:
            self.fields[field.name] = _form_field(field, (choices or {}).get(field.name))
            if field.kind is Kind.SECRET and field.is_set and not field.required:
                title = f"Remove the saved {field.title.lower()}"
                self.fields[_REMOVE.format(field.name)] = forms.BooleanField(
                    label=title, required=False
                )

    def sent(self) -> dict[str, Any]:
        """What was sent, by field; None for a secret that is to be removed."""
        assert isinstance(self.data, QueryDict)
        values: dict[str, Any] = {}
        for field in self.declared:
            key = self.add_prefix(field.name)
            several = field.kind is Kind.LIST and field.choices
            values[field.name] = self.data.getlist(key) if several else self.data.get(key, "")
            if self.data.get(_REMOVE.format(key)) == "on":
                values[field.name] = None
        return values

    def settings(self) -> dict[str, Any]:
        """What was sent, in the form of the configuration."""
        return from_form(self.declared, self.sent())


class GuardsForm(forms.Form):
    """The limits of a sync: percent and count of each, and from how many records they apply."""

    def __init__(self, guards: Guards, prefix: str, data: QueryDict | None = None) -> None:
        super().__init__(data, prefix=prefix)
        self.use_required_attribute = False
        self.declared = guard_fields(guards)
        for guard in self.declared:
            for part, words in (("percent", "percent"), ("count", "number")):
                self.fields[f"{guard.guard}.{part}"] = _limit(guard, part, words)
        own = "minimum_population" in guards.model_fields_set
        self.fields["minimum_population"] = forms.CharField(
            label="Apply limits from this many records or rows",
            help_text="Default: 100. Smaller numbers vary too much.",
            required=False,
            initial=guards.minimum_population if own else None,
            widget=forms.NumberInput({"min": 0, "placeholder": "100"}),
        )

    @property
    def rows(self) -> list[tuple[GuardField, forms.BoundField, forms.BoundField]]:
        """Each guard with its two fields."""
        return [
            (guard, self[f"{guard.guard}.percent"], self[f"{guard.guard}.count"])
            for guard in self.declared
        ]

    def sent(self) -> dict[str, str]:
        """What was sent, by field, as `sync_settings.guards_from_form` takes it."""
        return {name: str(self.data.get(self.add_prefix(name), "")).strip() for name in self.fields}


def place(form: forms.Form, mistakes: Mapping[str, str]) -> None:
    """Put mistakes at their fields: the longest name that a place begins with, else the form."""
    form.is_valid()
    for path, text in mistakes.items():
        names = [name for name in form.fields if path == name or path.startswith(f"{name}.")]
        form.add_error(max(names, key=len, default=None), escape(text[:1].upper() + text[1:]))


def below(mistakes: Mapping[str, str], part: str) -> dict[str, str]:
    """The mistakes at or below a part of the configuration, by their path below it."""
    return {
        path.removeprefix(part).removeprefix("."): text
        for path, text in mistakes.items()
        if path == part or path.startswith(f"{part}.")
    }


def _limit(guard: GuardField, part: str, words: str) -> forms.Field:
    value = getattr(guard, part)
    hint = f"{guard.default_percent:g}" if part == "percent" else "none"
    attributes = {"min": 0, "placeholder": hint, "aria-label": f"{guard.title}: {words}"}
    if part == "percent":
        attributes["step"] = "any"
    return forms.CharField(
        required=False,
        initial=None if value is None else f"{value:g}",
        widget=forms.NumberInput(attributes),
    )


def _form_field(field: SettingField, choices: Sequence[tuple[str, str]] | None) -> forms.Field:
    as_text = isinstance(field.value, list | tuple) and not field.choices
    shared: dict[str, Any] = {
        "label": field.title,
        "help_text": ticked(_help(field)),
        "required": False,
        "initial": ", ".join(map(str, field.value)) if as_text else field.value,
    }
    if choices is None and field.choices:
        choices = [(value, value) for value in field.choices]
    if field.kind is Kind.LIST and choices:
        widget = forms.CheckboxSelectMultiple
        return forms.MultipleChoiceField(choices=choices, widget=widget, **shared)
    if field.kind is Kind.YES_NO:
        return forms.BooleanField(**shared)
    if choices is not None:
        return forms.ChoiceField(choices=choices, **shared)
    return forms.CharField(widget=_widget(field), strip=False, **shared)


def _widget(field: SettingField) -> forms.Widget:
    if field.kind is Kind.SECRET:
        secret = {"autocomplete": "off", "placeholder": "saved, not shown" if field.is_set else ""}
        if "key" in field.name:
            return forms.Textarea({**secret, "rows": 4, "spellcheck": "false"})
        return forms.PasswordInput({**secret, "autocomplete": "new-password"})
    if field.kind is Kind.LIST:
        return forms.Textarea({"rows": 2 if len(field.value or ()) <= _FEW else 5})
    if field.kind is Kind.LINES:
        return forms.Textarea({"rows": 4, "spellcheck": "false"})
    if field.kind is Kind.NUMBER:
        step = "1" if field.whole else "any"
        return forms.NumberInput({"min": field.minimum, "max": field.maximum, "step": step})
    return forms.TextInput()


def _help(field: SettingField) -> str:
    """The help of a field with its range and its default."""
    help_text = f"{field.help}." if field.help.endswith(")") else field.help
    limits = f"{field.range[:1].upper()}{field.range[1:]}." if field.range else ""
    saved = field.kind is Kind.SECRET and field.is_set
    default = "Leave empty to keep the saved one." if saved else _default(field)
    return " ".join(part for part in (help_text, limits, default) if part)


def _default(field: SettingField) -> str:
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
