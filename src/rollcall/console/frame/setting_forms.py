"""Declared settings (core.settings.setting_fields) as Django forms: words, ranges and defaults
included.

The engine judges what is sent; `place` puts its mistakes at the fields they are about.
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

#: A longer list is not said as a default.
_FEW = 5
#: The box beside a secret that removes it.
_REMOVE = "{}-remove"


class SettingsForm(forms.Form):
    """A form of declared fields. `choices`: of a text that is one of some, (value, words)."""

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
            self.fields[field.name] = _field(field, (choices or {}).get(field.name))
            if field.kind is Kind.SECRET and field.is_set and not field.required:
                title = f"Remove the {field.title.lower()} that is saved"
                self.fields[_REMOVE.format(field.name)] = forms.BooleanField(
                    label=title, required=False
                )

    def sent(self) -> dict[str, Any]:
        """What was sent, by field; None for a secret that is to be removed."""
        found: dict[str, Any] = {}
        for field in self.declared:
            removed = self._raw(_REMOVE.format(field.name)) == "on"
            found[field.name] = None if removed else self._raw(field.name, field)
        return found

    def settings(self) -> dict[str, Any]:
        """What was sent, as the configuration has it."""
        return from_form(self.declared, self.sent())

    def _raw(self, name: str, field: SettingField | None = None) -> Any:
        assert isinstance(self.data, QueryDict)
        key = self.add_prefix(name)
        several = field is not None and field.kind is Kind.LIST and field.choices
        return self.data.getlist(key) if several else self.data.get(key, "")


class GuardsForm(forms.Form):
    """The limits of a sync: percent and count of each, and from how many records they hold."""

    def __init__(self, guards: Guards, prefix: str, data: QueryDict | None = None) -> None:
        super().__init__(data, prefix=prefix)
        self.use_required_attribute = False
        self.declared = guard_fields(guards)
        for guard in self.declared:
            for part, words in (("percent", "percent"), ("count", "number")):
                self.fields[f"{guard.guard}.{part}"] = _limit(guard, part, words)
        own = "minimum_population" in guards.model_fields_set
        self.fields["minimum_population"] = forms.CharField(
            label="Limits apply from this many records or rows on",
            help_text="Default: 100. Below it small numbers swing too much.",
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
    for at, what in mistakes.items():
        fitting = [name for name in form.fields if at == name or at.startswith(f"{name}.")]
        sentence = what[:1].upper() + what[1:]
        form.add_error(max(fitting, key=len, default=None), escape(sentence))


def below(mistakes: Mapping[str, str], part: str) -> dict[str, str]:
    """The mistakes at or below a part of the configuration, by the way from there."""
    return {
        at.removeprefix(part).removeprefix("."): what
        for at, what in mistakes.items()
        if at == part or at.startswith(f"{part}.")
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


def _field(field: SettingField, choices: Sequence[tuple[str, str]] | None) -> forms.Field:
    words: dict[str, Any] = {
        "label": field.title,
        "help_text": ticked(_help(field)),
        "required": False,
        "initial": _shown(field),
    }
    if choices is not None:
        return forms.ChoiceField(choices=choices, **words)
    if field.kind is Kind.CHOICE:
        return forms.ChoiceField(choices=[(one, one) for one in field.choices], **words)
    if field.kind is Kind.YES_NO:
        return forms.BooleanField(**words)
    if field.kind is Kind.LIST and field.choices:
        several = [(one, one) for one in field.choices]
        return forms.MultipleChoiceField(
            choices=several, widget=forms.CheckboxSelectMultiple, **words
        )
    return forms.CharField(widget=_widget(field), strip=False, **words)


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


def _shown(field: SettingField) -> Any:
    if isinstance(field.value, list | tuple) and not field.choices:
        return ", ".join(map(str, field.value))
    return field.value


def _help(field: SettingField) -> str:
    """The words of a field with its range and its default."""
    said = f"{field.help}." if field.help.endswith(")") else field.help
    parts = [said, f"{field.range[:1].upper()}{field.range[1:]}." if field.range else ""]
    if field.kind is Kind.SECRET and field.is_set:
        parts.append("Leave it empty to keep the one that is saved.")
    else:
        parts.append(_default(field))
    return " ".join(part for part in parts if part)


def _default(field: SettingField) -> str:
    if field.required or field.default in (None, "", [], ()):
        return "" if not field.required else "It is needed."
    if isinstance(field.default, list | tuple):
        said = ", ".join(map(str, field.default))
        return f"Default: {said}." if len(field.default) <= _FEW else "Empty: the usual ones."
    if isinstance(field.default, bool):
        return f"Default: {'yes' if field.default else 'no'}."
    said = str(field.default)
    return f"Default: {said}." if any(map(str.isalnum, said)) else ""
