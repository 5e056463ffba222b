"""Edit one record of a student; never over what somebody else changed meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.student_form import RecordForm, text_of
from rollcall.console.student_timeline import RECORDS
from rollcall.console.visit import Visit
from rollcall.core.layouts import Field
from rollcall.core.problems import Problem
from rollcall.engine import editing
from rollcall.engine.editing import Invalid, Moved
from rollcall.records.student_file import Held, StudentFile, student_file


@dataclass(frozen=True)
class Moving:
    """A field when the person opened the page, as they want it, and as it is now. `mine`: they
    changed it; `theirs`: somebody else did.
    """

    label: str
    opened: str
    yours: str
    now: str
    mine: bool
    theirs: bool


def edit(request: HttpRequest, visit: Visit, id: int, record: str, record_id: int) -> HttpResponse:
    """The form of one record, and what comes of saving it."""
    file = _file(visit, id)
    held = _held(file, record, record_id)
    fields = editing.fields(visit.district, record)
    shown = {"id": id, "values": file.student.values, "record": RECORDS[record]}
    if request.method == "GET":
        visit.note(Action.SAW, f"student {id}")
        form = RecordForm(fields, held.values, held.digest)
        return render(request, "console/student_edit.html", {**shown, "form": form})
    form = RecordForm(fields, held.values, held.digest, request.POST)
    if not form.is_valid():
        return render(request, "console/student_edit.html", {**shown, "form": form}, status=400)
    try:
        changed = editing.edit(
            *(visit.district, record, record_id, form.texts),
            *(form.cleaned_data["seen"], visit.user.email),
        )
    except Invalid as invalid:
        for mistake in invalid.mistakes:
            form.add_error(mistake.column, mistake.text)
        shown |= {"form": form, "problem": invalid, "short": True}
    except Moved as moved:
        shown |= {
            "problem": moved,
            "short": True,
            **_moved(visit, id, record, record_id, fields, form),
        }
    except Problem as problem:
        shown |= {"form": form, "problem": problem}
    else:
        return _saved(request, visit, id, fields, changed)
    return render(request, "console/student_edit.html", shown, status=409)


def _saved(
    request: HttpRequest, visit: Visit, id: int, fields: Mapping[str, Field], changed: object
) -> HttpResponse:
    names = [fields[name].label for name in changed] if isinstance(changed, dict) else []
    if names:
        visit.note(Action.CHANGED, f"student {id}", fields=len(names))
        messages.success(request, f"Saved: {', '.join(names)}. The timeline has it.")
    else:
        messages.info(request, "Nothing was different, so nothing was saved.")
    return redirect("student", district=visit.district.code, id=id)


def _moved(
    visit: Visit,
    id: int,
    record: str,
    record_id: int,
    fields: Mapping[str, Field],
    form: RecordForm,
) -> dict[str, object]:
    """What the record was, is wanted to be and is; and the form on the record as it is now."""
    held = _held(_file(visit, id), record, record_id)
    now = {name: text_of(held.values[name]) for name in fields}
    opened, mine = form.opened, form.texts
    moving = [
        Moving(
            label=field.label,
            opened=opened[name],
            yours=mine.get(name, opened[name]),
            now=now[name],
            mine=name in mine,
            theirs=now[name] != opened[name],
        )
        for name, field in fields.items()
        if name in mine or now[name] != opened[name]
    ]
    again = RecordForm(fields, held.values, held.digest, form.after(now, held.digest, mine))
    return {"form": again, "moving": moving}


def _file(visit: Visit, id: int) -> StudentFile:
    connection.ensure_connection()
    found = student_file(connection.connection, visit.district.pk, id)
    if found is None:
        raise Http404
    return found


def _held(file: StudentFile, record: str, record_id: int) -> Held:
    """That record, if it is the student's."""
    records = {"student": [file.student], **file.records}
    for held in records.get(record, []):
        if held.number == record_id:
            return held
    raise Http404
