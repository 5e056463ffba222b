"""The words for a run's rows and changes on its pages."""

from collections.abc import Mapping
from typing import Any

from rollcall.core.findings import Codes, Severity
from rollcall.core.integration import Integration
from rollcall.core.matching.match_reasons import REASONS
from rollcall.core.plans.plan import ChangeKind
from rollcall.engine import registry
from rollcall.engine.models import Run
from rollcall.engine.plans.explaining import Explanation
from rollcall.engine.students import editing
from rollcall.records.types import RECORD_TYPES

SEVERITY_TONES: Mapping[str, str] = {
    Severity.ERROR: "bad",
    Severity.WARNING: "attention",
    Severity.INFO: "quiet",
}
#: The kinds of changes: the word for one, its sign and its tone.
KIND_WORDS: Mapping[str, tuple[str, str, str]] = {
    ChangeKind.ADD: ("Add", "+", "good"),
    ChangeKind.UPDATE: ("Update", "±", "busy"),
    ChangeKind.END: ("End", "→", "attention"),
    ChangeKind.REMOVE: ("Remove", "\N{MINUS SIGN}", "bad"),
}
_RULES: Mapping[str, str] = {
    "state_id": "By state ID",
    "name_birth_date": "By name and birth date",
    "linked": "By a decision",
}


def rule_words(rule: str) -> str:
    """A rule in words: how it matched a row, or why none did."""
    if rule in _RULES:
        return _RULES[rule]
    code = REASONS.get(rule, rule)
    texts = {declared.code: declared.text for declared in Codes.all()}
    return texts.get(code) or title(rule)


def details(code: str, text: str) -> list[str]:
    """The details in a finding about the run: "text (one); text (two)" has "one" and "two"."""
    heading = Codes.get(code).text
    parts = f"; {text}".split(f"; {heading}")[1:]
    return [part.strip()[1:-1] for part in parts if part.strip()]


def guard_subject(guard: Mapping[str, Any], integration: Integration) -> str:
    """What a guard looked at: the title of its record type or input."""
    records = {record.name: record.title for record in integration.records}
    subject: str = guard["subject"]
    return (input_titles(integration) | records).get(subject, subject)


def input_titles(integration: Integration) -> dict[str, str]:
    """The titles of the inputs by their names."""
    return {input.name: input.title for input in integration.inputs}


def column_titles(run: Run, record: str) -> dict[str, str]:
    """The titles of a record type's columns in its district, by their names."""
    if record not in RECORD_TYPES:
        return {}
    fields = editing.fields(run.district, record)
    return {name: field.label for name, field in fields.items()}


def code_words(record: str) -> Mapping[str, Mapping[str, str]]:
    """What the codes of a record type mean, by column."""
    return editing.code_words(record) if record in RECORD_TYPES else {}


def row_changes(run: Run, explanation: Explanation) -> list[dict[str, Any]]:
    """What a row changed, field by field, each with its `title`."""
    titles: dict[str, str] = {}
    for record in registry.integration(run.sync.integration).records:
        titles |= column_titles(run, record.name)
    return [
        {**change, "title": titles.get(change["field"]) or title(change["field"])}
        for change in explanation.changes
    ]


def title(name: str) -> str:
    """A column's name for people: "birth_date" is "Birth date"."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def cell(value: Any) -> str:
    """A value of a row as text."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
