"""Edit one record of a student; never over what someone else changed in the meantime.

The form has a field for each column, as the layouts that feed the record say. A hidden field beside
each has the value when the page was opened, so that only what the person changed is saved, and what
someone else changed in the meantime can be shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame.visit import Visit
from rollcall.console.students.student import file_of
from rollcall.core.files.layouts import Field, Kind
from rollcall.core.problems import Problem
from rollcall.engine.students import editing
from rollcall.engine.students.editing import Invalid, Moved
from rollcall.records.models import District
from rollcall.records.student_file import Held, StudentFile


@dataclass(frozen=True)
class Conflict:
    """A field when the person opened the page, as they want it, and as it is stored. `mine`: they
    changed it; `theirs`: someone else did.
    """

    label: str
    opened: str
    yours: str
    stored: str
    mine: bool
    theirs: bool


class RecordForm(forms.Form):
    """One record. `seen`: its digest when the person opened it."""

    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self, fields: Mapping[str, Field], values: Mapping[str, Any], seen: str, data: Any = None
    ) -> None:
        texts = _texts(fields, values)
        super().__init__(data, initial={**texts, "seen": seen})
        for name, field in fields.items():
            self.fields[name] = _form_field(field, texts[name])

    @property
    def texts(self) -> dict[str, str]:
        """What the person changed, by column, as typed."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "seen"}

    @property
    def opened(self) -> dict[str, str]:
        """The value of each column when the person opened the page."""
        names = [name for name in self.fields if name != "seen"]
        return {name: str(self.data.get(self.add_initial_prefix(name), "")) for name in names}

    def after(self, stored: Mapping[str, str], seen: str) -> dict[str, str]:
        """What to fill the form with when the record was changed: `stored`, and one's own edits."""
        before = {self.add_initial_prefix(name): text for name, text in stored.items()}
        return {**stored, **self.texts, **before, "seen": seen}


def edit(request: HttpRequest, visit: Visit, id: int, record: str, record_id: int) -> HttpResponse:
    """The form of one record; POST saves it."""
    file = file_of(visit, id)
    stored = _record(file, record, record_id)
    fields = editing.fields(visit.district, record)
    form = RecordForm(fields, stored.values, stored.digest, request.POST or None)
    title = stored.record.singular
    context = {"id": id, "values": file.student.values, "record": title, "form": form}
    if request.method == "GET":
        visit.note(Action.SAW, f"student {id}")
        return render(request, "students/student_edit.html", context)
    if not form.is_valid():
        return render(request, "students/student_edit.html", context, status=400)
    try:
        changed = editing.edit(
            *(visit.district, record, record_id, form.texts),
            *(form.cleaned_data["seen"], visit.user.email),
        )
    except Problem as problem:
        context |= {"problem": problem, "short": isinstance(problem, Invalid | Moved)}
        if isinstance(problem, Invalid):
            for mistake in problem.mistakes:
                form.add_error(mistake.column, mistake.text)
        if isinstance(problem, Moved):
            stored = _record(file_of(visit, id), record, record_id)
            context |= _conflicts(visit.district, stored, form)
        return render(request, "students/student_edit.html", context, status=409)
    if changed:
        visit.note(Action.CHANGED, f"student {id}", fields=len(changed))
        labels = ", ".join(fields[name].label for name in changed)
        messages.success(request, f"Saved: {labels}.")
    else:
        messages.info(request, "Nothing was changed, so nothing was saved.")
    return redirect("student", district=visit.district.code, id=id)


def _conflicts(district: District, record: Held, form: RecordForm) -> dict[str, object]:
    """The fields that were changed by either side, and the form on the record as it is stored."""
    fields = editing.fields(district, record.record.name)
    stored, opened, mine = _texts(fields, record.values), form.opened, form.texts
    conflicts = [
        Conflict(
            label=field.label,
            opened=opened[name],
            yours=mine.get(name, opened[name]),
            stored=stored[name],
            mine=name in mine,
            theirs=stored[name] != opened[name],
        )
        for name, field in fields.items()
        if name in mine or stored[name] != opened[name]
    ]
    data = form.after(stored, record.digest)
    return {
        "form": RecordForm(fields, record.values, record.digest, data),
        "conflicts": conflicts,
    }


def _record(file: StudentFile, record: str, record_id: int) -> Held:
    """That record, if it is the student's."""
    records = {"student": [file.student], **file.records}
    for stored in records.get(record, []):
        if stored.number == record_id:
            return stored
    raise Http404


def _texts(fields: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, str]:
    """Values as they are typed; dates ISO."""
    return {name: "" if values[name] is None else str(values[name]) for name in fields}


def _form_field(field: Field, text: str) -> forms.Field:
    if field.kind is Kind.DIGITS:
        help_text = f"{field.width} digits"
    elif field.kind is Kind.INTEGER and None not in (field.low, field.high):
        help_text = f"{field.low} to {field.high}"
    else:
        help_text = field.help[:1].upper() + field.help[1:]
    widget: forms.Widget = forms.TextInput({"autocomplete": "off"})
    if field.kind is Kind.CODE and field.unknown_code == "error":
        codes = dict.fromkeys(["", *([text] if text else []), *field.codes])
        widget = forms.Select(choices=[(code, code or "none") for code in codes])
    elif field.kind is Kind.DATE:
        widget = forms.DateInput({"type": "date"})
    return forms.CharField(
        label=field.label,
        required=False,
        show_hidden_initial=True,
        help_text=help_text,
        widget=widget,
    )
