"""Edit one record of a student; never over what somebody else changed meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame.visit import Visit
from rollcall.console.students.student import file_of
from rollcall.console.students.student_form import RecordForm, text_of
from rollcall.console.students.student_timeline import RECORDS
from rollcall.core.files.layouts import Field
from rollcall.core.problems import Problem
from rollcall.engine.students import editing
from rollcall.engine.students.editing import Invalid, Moved
from rollcall.records.student_file import Held, StudentFile


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
    file = file_of(visit, id)
    held = _held(file, record, record_id)
    fields = editing.fields(visit.district, record)
    form = RecordForm(fields, held.values, held.digest, request.POST or None)
    shown = {"id": id, "values": file.student.values, "record": RECORDS[record], "form": form}
    if request.method == "GET":
        visit.note(Action.SAW, f"student {id}")
        return render(request, "students/student_edit.html", shown)
    if not form.is_valid():
        return render(request, "students/student_edit.html", shown, status=400)
    try:
        changed = editing.edit(
            *(visit.district, record, record_id, form.texts),
            *(form.cleaned_data["seen"], visit.user.email),
        )
    except Problem as problem:
        shown |= {"problem": problem, **_refused(visit, id, (record, record_id), form, problem)}
        return render(request, "students/student_edit.html", shown, status=409)
    return _saved(request, visit, id, fields, changed)


def _refused(
    visit: Visit, id: int, record: tuple[str, int], form: RecordForm, problem: Problem
) -> dict[str, object]:
    """What the page says of a problem beside it: at its fields, or side by side."""
    if isinstance(problem, Invalid):
        for mistake in problem.mistakes:
            form.add_error(mistake.column, mistake.text)
        return {"short": True}
    if isinstance(problem, Moved):
        return {"short": True, **_moved(visit, id, *record, form)}
    return {}


def _saved(
    request: HttpRequest,
    visit: Visit,
    id: int,
    fields: Mapping[str, Field],
    changed: Mapping[str, object],
) -> HttpResponse:
    names = [fields[name].label for name in changed]
    if names:
        visit.note(Action.CHANGED, f"student {id}", fields=len(names))
        messages.success(request, f"Saved: {', '.join(names)}. The timeline has it.")
    else:
        messages.info(request, "Nothing was different, so nothing was saved.")
    return redirect("student", district=visit.district.code, id=id)


def _moved(
    visit: Visit, id: int, record: str, record_id: int, form: RecordForm
) -> dict[str, object]:
    """What the record was, is wanted to be and is; and the form on the record as it is now."""
    fields = editing.fields(visit.district, record)
    held = _held(file_of(visit, id), record, record_id)
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


def _held(file: StudentFile, record: str, record_id: int) -> Held:
    """That record, if it is the student's."""
    records = {"student": [file.student], **file.records}
    for held in records.get(record, []):
        if held.number == record_id:
            return held
    raise Http404
