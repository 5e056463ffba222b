"""The limits of a sync as a form."""

from django import forms
from django.http import QueryDict

from rollcall.core.plans.guards import Guards
from rollcall.engine.settings.sync_settings import GuardField, guard_fields


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
