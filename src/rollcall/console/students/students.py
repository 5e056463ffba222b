"""Find a student: what is searched for is posted, and stands in no address."""

from collections.abc import Iterator

from django import forms
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.visit import Visit
from rollcall.console.students.search_tokens import mark_of, text_of
from rollcall.records.search import MOST, Found, Page, search

_HEADER = (
    "Local id", "State id", "Special-education id", "Last name", "First name", "Birth date",
    "Grade", "School",
)  # fmt: skip


class Search(forms.Form):
    """What a student is searched by."""

    text = forms.CharField(
        label="Name or id",
        max_length=100,
        help_text="The beginning is enough: “garc”, “garcia, el”, “elena g”, or an id of the "
        "district, the state or special education.",
        error_messages={"required": "Type the beginning of a name or of an id."},
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True, "type": "search"}),
    )


def students(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The search and, under a mark, what it found."""
    if request.method == "POST":
        return _searched(request, visit)
    mark = request.GET.get("found", "")
    text = text_of(visit, mark) if mark else None
    form = Search(initial={"text": text or ""})
    shown: dict[str, object] = {"form": form, "over": bool(mark) and text is None}
    if text is not None:
        after = request.GET.get("after")
        page = _page(visit, text, after)
        visit.note(Action.SAW, "students found", shown=len(page.students))
        shown |= {"page": page, "mark": mark, "after": after}
    return render(request, "students/students.html", shown)


def students_csv(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """All students of a search as a CSV file; when the search is over, back to a new one."""
    text = text_of(visit, request.GET.get("found", ""))
    if text is None:
        return redirect(f"{visit.url('students')}?found=over")
    visit.note(Action.EXPORTED, "students found")
    return csv_file(visit, "students", _HEADER, _cells(visit, text))


def _searched(request: HttpRequest, visit: Visit) -> HttpResponse:
    """To what was found: the student when it is only one."""
    form = Search(request.POST)
    if not form.is_valid():
        return render(request, "students/students.html", {"form": form})
    text = form.cleaned_data["text"]
    first = _page(visit, text, None, 2).students
    if len(first) == 1:
        return redirect(visit.url("student", id=first[0].id))
    return redirect(f"{visit.url('students')}?found={mark_of(visit, text)}")


def _page(visit: Visit, text: str, after: str | None, limit: int = 25) -> Page:
    connection.ensure_connection()
    return search(connection.connection, visit.district.pk, text, after, limit)


def _every(visit: Visit, text: str) -> Iterator[Found]:
    page = _page(visit, text, None, MOST)
    yield from page.students
    while page.next:
        page = _page(visit, text, page.next, MOST)
        yield from page.students


def _cells(visit: Visit, text: str) -> Iterator[tuple[object, ...]]:
    for one in _every(visit, text):
        ids = (one.local_id, one.state_id, one.special_ed_id)
        yield (*ids, one.last_name, one.first_name, one.birth_date, one.grade, one.school_code)
