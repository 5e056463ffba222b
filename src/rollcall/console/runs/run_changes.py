"""The changes of a run: filters in the address, a page of them, all of them as CSV."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.paging import after, forward_links, query_with
from rollcall.console.frame.request_values import number as number_in
from rollcall.console.frame.visit import Visit
from rollcall.console.runs import exclusion_drafts
from rollcall.console.runs.run_head import file_prefix, has_plan, head, run_of
from rollcall.console.runs.run_words import KIND_WORDS, code_words, column_titles, title
from rollcall.core.plans.exclusion import Exclusion
from rollcall.engine.models import Run, RunState
from rollcall.engine.plans import browsing
from rollcall.engine.plans.browsing import ChangeFilter
from rollcall.records.models import School, Student

#: With more schools than these, the filter asks for a code instead of listing them.
_MOST_SCHOOLS = 300
#: So many fields of a change are shown before "more fields".
_FIELDS = 5
#: So many changes are read together for the CSV.
_BATCH = 2_000
_HEADER = (
    "Record", "Change", "Input", "Line", "Local ID", "Key", "Field", "Before", "After", "Skipped",
)  # fmt: skip


class Filters(forms.Form):
    """The filters of the list; what is not understood filters nothing."""

    record = forms.ChoiceField(required=False)
    kind = forms.ChoiceField(required=False)
    field = forms.ChoiceField(required=False)
    school = forms.CharField(required=False, max_length=50)
    skipped = forms.ChoiceField(
        label="Skipped", required=False, choices=[("", "Any"), ("yes", "Yes"), ("no", "No")]
    )

    def __init__(self, request: HttpRequest, run: Run) -> None:
        self._run, self._query = run, request.GET
        self.types = browsing.records(run)
        self.listed = self._listed(request.GET.get("record", ""))
        self.titles = column_titles(run, self.listed)
        super().__init__({**request.GET.dict(), "record": self.listed}, auto_id="by_%s")
        for name, choices in self._choices().items():
            self.fields[name] = forms.ChoiceField(choices=choices, required=False)
        self.is_valid()

    def _listed(self, record: str) -> str:
        """The record type listed: that of the address, else the first that has changes, beginning
        with one for which the run is held.
        """
        if record in self.types:
            return record
        tripped = [guard["subject"] for guard in self._run.guards if guard["tripped"]]
        names = sorted(self.types, key=lambda name: name not in tripped)
        changed = (name for name in names if browsing.kind_counts(self._run, name))
        return next(changed, next(iter(self.types), ""))

    def _choices(self) -> dict[str, list[tuple[str, str]]]:
        kinds = browsing.kind_counts(self._run, self.listed) if self.listed else {}
        fields = browsing.field_counts(self._run, self.listed) if self.listed else {}
        choices = {
            "record": [(name, record.title) for name, record in self.types.items()],
            "kind": [
                ("", "Any"),
                *(
                    (kind, f"{KIND_WORDS[kind][0]} ({count:,})")
                    for kind, count in kinds.items()
                    if kind in KIND_WORDS
                ),
            ],
            "field": [
                ("", "Any"),
                *(
                    (field, f"{self.titles.get(field) or title(field)} ({count:,})")
                    for field, count in fields.items()
                ),
            ],
        }
        schools = School.objects.filter(district=self._run.district_id).order_by("name")
        names = list(schools.values_list("code", "name")[: _MOST_SCHOOLS + 1])
        if 0 < len(names) <= _MOST_SCHOOLS:
            labels = [(code, f"{name or code} ({code})") for code, name in names]
            choices["school"] = [("", "Any"), *labels]
        return choices

    @cached_property
    def only(self) -> ChangeFilter:
        """The filter of the address."""
        values = self.cleaned_data
        return ChangeFilter(
            kind=values.get("kind", ""),
            field=values.get("field", ""),
            school=values.get("school", ""),
            line=number_in(self._query, "line"),
            local_id=self.student.local_id if self.student else "",
            excluded={"yes": True, "no": False}.get(values.get("skipped", "")),
        )

    @cached_property
    def student(self) -> Student | None:
        """The student of the address, by the database's own number."""
        if (student := number_in(self._query, "student")) is None:
            return None
        return Student.objects.filter(district=self._run.district_id, pk=student).first()

    @property
    def narrowed(self) -> bool:
        """Whether anything is filtered out."""
        return self.only != ChangeFilter()


def changes(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """A page of the changes. A student's id is posted, and the address then has their number."""
    run = run_of(visit, number)
    if request.method == "POST":
        page = "review" if request.POST.get("on") == "review" else "run-changes"
        return _to_student(request, visit, visit.url(page, number=number))
    context = head(visit, run, "run-changes")
    if not has_plan(run):
        return render(request, "runs/run_gone.html", context)
    visit.note(Action.SAW, f"run {number}", part="changes")
    csv = visit.url("run-changes-csv", number=number) + query_with(request.GET)
    context |= {**listing(request, run), "csv": csv}
    return render(request, "runs/run_changes.html", context)


def changes_csv(
    request: HttpRequest, visit: Visit, number: int
) -> HttpResponse | StreamingHttpResponse:
    """The same changes, all of them, as CSV: a line for each field. Of a held run with what this
    person wants to skip.
    """
    run = run_of(visit, number)
    if not has_plan(run):
        return redirect(visit.url("run-changes", number=number))
    visit.note(Action.EXPORTED, f"run {number}", part="changes")
    exclusion = exclusion_drafts.draft(request, run) if run.state == RunState.HELD else None
    rows = _csv_rows(Filters(request, run), run, exclusion)
    return csv_file(visit, f"{file_prefix(run)}_changes", _HEADER, rows)


def listing(request: HttpRequest, run: Run, exclusion: Exclusion | None = None) -> dict[str, Any]:
    """A page of changes for `parts/changes.html`. `exclusion`: what a person wants to skip."""
    filters = Filters(request, run)
    if not filters.listed:
        return {"filters": filters, "rows": [], "links": forward_links(request, None), "total": 0}
    page = browsing.changes(
        run, filters.listed, filters.only, after(request, -1), exclusion=exclusion
    )
    counts = browsing.kind_counts(run, filters.listed, filters.only, exclusion)
    codes = code_words(filters.listed)
    return {
        "filters": filters,
        "record": filters.types[filters.listed],
        "rows": [_row(change, filters.titles, codes) for change in page.rows],
        "links": forward_links(request, page.next),
        "total": sum(n for kind, n in counts.items() if filters.only.kind in ("", kind)),
        "query": request.GET.urlencode(),
    }


def _row(
    change: Mapping[str, Any], titles: Mapping[str, str], codes: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """A change with its words; its key without the student and a first occurrence, and with what
    its codes mean.
    """
    word, sign, tone = KIND_WORDS[change["change"]]
    fields = [
        {**field, "title": titles.get(field["field"]) or title(field["field"])}
        for field in change["fields"]
    ]
    hidden = {"local_id": change["local_id"], "occurrence": "1"}
    key = [
        (title(name), part, codes.get(name, {}).get(str(part), ""))
        for name, part in change["key"].items()
        if part is not None and hidden.get(name) != str(part)
    ]
    return {
        **change,
        "word": word,
        "sign": sign,
        "tone": tone,
        "key_parts": key,
        "first_fields": fields[:_FIELDS],
        "more_fields": fields[_FIELDS:],
    }


def _csv_rows(
    filters: Filters, run: Run, exclusion: Exclusion | None
) -> Iterator[tuple[object, ...]]:
    place: int | None = -1
    while filters.listed and place is not None:
        page = browsing.changes(run, filters.listed, filters.only, place, _BATCH, exclusion)
        for change in page.rows:
            parts = change["key"].items()
            key = ", ".join(f"{name}: {part}" for name, part in parts if part is not None)
            columns = (change[name] for name in ("change", "input", "line", "local_id"))
            start = (filters.listed, *columns, key)
            skipped = "yes" if change["excluded"] else ""
            for field in change["fields"] or [{"field": None, "before": None, "after": None}]:
                yield (*start, field["field"], field["before"], field["after"], skipped)
        place = page.next


def _to_student(request: HttpRequest, visit: Visit, address: str) -> HttpResponse:
    """To the changes of the student with the posted local or state id."""
    students = Student.objects.filter(district=visit.district)
    text = request.POST.get("id", "").strip()
    student = text and (
        students.filter(local_id=text).first() or students.filter(state_id=text).first()
    )
    if not student:
        messages.warning(request, "No student in this district has that ID.")
        return redirect(address)
    query = urlencode({"record": request.GET.get("record", ""), "student": student.pk})
    return redirect(f"{address}?{query}#changes")
