"""Find a student. The search text is posted and is in no address."""

from collections.abc import Iterator

from django import forms
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.visit import Visit
from rollcall.console.students.search_tokens import text_of, token_of
from rollcall.records.search import FURTHER_IDS, MOST, Page, search

_NAMES = ("Last name", "First name", "Birth date", "Grade", "School")
#: Whose the further ids are.
_FURTHER = tuple(whose for whose, _, _ in FURTHER_IDS)


class Search(forms.Form):
    """What a student is searched by."""

    text = forms.CharField(
        label="Name or ID",
        max_length=100,
        help_text="The first letters are enough: “garc”, “garcia, el”, “elena g”. Or an ID from "
        "the district, the state or another partner.",
        error_messages={"required": "Enter the first letters of a name or an ID."},
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True, "type": "search"}),
    )


def students(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The search and, with a token in the address, its results."""
    if request.method == "POST":
        return _to_results(request, visit)
    token = request.GET.get("search", "")
    text = text_of(visit, token) if token else None
    form = Search(initial={"text": text or ""})
    context: dict[str, object] = {"form": form, "expired": bool(token) and text is None}
    if text is not None:
        after = request.GET.get("after")
        page = _page(visit, text, after)
        visit.note(Action.SAW, "students found", shown=len(page.students))
        shown = [whose for whose in _FURTHER if any(whose in s.ids for s in page.students)]
        context |= {"page": page, "token": token, "after": after, "further_ids": shown}
    return render(request, "students/students.html", context)


def students_csv(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """All students of a search as a CSV file; when the search has expired, back to a new one."""
    text = text_of(visit, request.GET.get("search", ""))
    if text is None:
        return redirect(f"{visit.url('students')}?search=expired")
    visit.note(Action.EXPORTED, "students found")

    def rows() -> Iterator[tuple[object, ...]]:
        page = _page(visit, text, None, MOST)
        while page.students:
            for student in page.students:
                further = (student.ids.get(whose) for whose in _FURTHER)
                ids = (student.local_id, student.state_id, *further)
                names = (student.last_name, student.first_name)
                yield (*ids, *names, student.birth_date, student.grade, student.school_code)
            if not page.next:
                return
            page = _page(visit, text, page.next, MOST)

    ids = ("District ID", "State ID", *(f"{whose.capitalize()} ID" for whose in _FURTHER))
    return csv_file(visit, "students", (*ids, *_NAMES), rows())


def _to_results(request: HttpRequest, visit: Visit) -> HttpResponse:
    """To the results of the posted search, or to the student when there is only one."""
    form = Search(request.POST)
    if not form.is_valid():
        return render(request, "students/students.html", {"form": form})
    text = form.cleaned_data["text"]
    first = _page(visit, text, None, 2).students
    if len(first) == 1:
        return redirect(visit.url("student", id=first[0].id))
    return redirect(f"{visit.url('students')}?search={token_of(visit, text)}")


def _page(visit: Visit, text: str, after: str | None, limit: int = 25) -> Page:
    connection.ensure_connection()
    return search(connection.connection, visit.district.pk, text, after, limit)
