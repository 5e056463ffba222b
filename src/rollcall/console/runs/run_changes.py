"""The changes of a run as a list: its filters in the address, a page of it, all of it as CSV."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from django import forms
from django.http import HttpRequest

from rollcall.console.frame.asked import number
from rollcall.console.frame.forward_paging import after, onward
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_words import KIND_WORDS, column_titles, title
from rollcall.core.plans.exclusion import Exclusion
from rollcall.engine.models import Run
from rollcall.engine.plans import browsing
from rollcall.engine.plans.browsing import ChangeFilter
from rollcall.records.models import School, Student

#: More schools than these are asked for by code instead of listed.
_MOST_SCHOOLS = 300
#: How many fields of a change are shown before one asks for the others.
_FIELDS = 5
_PIECE = 2_000
HEADER = (
    "Record", "Change", "Input", "Line", "Local id", "Key", "Field", "Before", "After", "Left out",
)  # fmt: skip


class Filters(forms.Form):
    """The filters of the list; what is not understood filters nothing."""

    record = forms.ChoiceField(required=False)
    kind = forms.ChoiceField(required=False)
    field = forms.ChoiceField(required=False)
    school = forms.CharField(required=False, max_length=50)
    left_out = forms.ChoiceField(
        label="Left out", required=False, choices=[("", "Any"), ("yes", "Yes"), ("no", "No")]
    )

    def __init__(self, request: HttpRequest, run: Run) -> None:
        self._run, self._given = run, request.GET
        self.types = browsing.records(run)
        self.listed = self._listed(request.GET.get("record", ""))
        self.words = column_titles(run, self.listed)
        super().__init__({**request.GET.dict(), "record": self.listed}, auto_id="by_%s")
        self._choices()
        self.is_valid()

    def _listed(self, wanted: str) -> str:
        """The record type listed: the one asked for, else the first that has changes, beginning
        with one for which the run is held.
        """
        if wanted in self.types:
            return wanted
        tripped = [guard["subject"] for guard in self._run.guards if guard["tripped"]]
        names = sorted(self.types, key=lambda name: name not in tripped)
        changed = (name for name in names if browsing.kind_counts(self._run, name))
        return next(changed, next(iter(self.types), ""))

    def _choices(self) -> None:
        records = [(name, record.title) for name, record in self.types.items()]
        kinds = browsing.kind_counts(self._run, self.listed) if self.listed else {}
        fields = browsing.field_counts(self._run, self.listed) if self.listed else {}
        self._choose("record", records)
        named_kinds = [
            (k, f"{KIND_WORDS[k][0]} ({n:,})") for k, n in kinds.items() if k in KIND_WORDS
        ]
        self._choose("kind", [("", "Any"), *named_kinds])
        named_fields = [(f, f"{self.words.get(f) or title(f)} ({n:,})") for f, n in fields.items()]
        self._choose("field", [("", "Any"), *named_fields])
        schools = School.objects.filter(district=self._run.district_id).order_by("name")
        named = list(schools.values_list("code", "name")[: _MOST_SCHOOLS + 1])
        if 0 < len(named) <= _MOST_SCHOOLS:
            self._choose("school", [("", "Any"), *((c, f"{n or c} ({c})") for c, n in named)])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name] = forms.ChoiceField(choices=choices, required=False)

    @cached_property
    def only(self) -> ChangeFilter:
        """The filter asked for."""
        said = self.cleaned_data
        return ChangeFilter(
            kind=said.get("kind", ""),
            field=said.get("field", ""),
            school=said.get("school", ""),
            line=number(self._given, "line"),
            local_id=self.student.local_id if self.student else "",
            excluded={"yes": True, "no": False}.get(said.get("left_out", "")),
        )

    @cached_property
    def student(self) -> Student | None:
        """The student asked for, by the database's own number."""
        if (student := number(self._given, "student")) is None:
            return None
        return Student.objects.filter(district=self._run.district_id, pk=student).first()

    @property
    def narrowed(self) -> bool:
        """Whether anything is filtered out."""
        return self.only != ChangeFilter()


def listing(request: HttpRequest, run: Run, exclusion: Exclusion | None = None) -> dict[str, Any]:
    """A page of changes for `parts/changes.html`. `exclusion`: what somebody means to leave out."""
    filters = Filters(request, run)
    if not filters.listed:
        return {"filters": filters, "rows": [], "way": onward(request, None), "total": 0}
    page = browsing.changes(
        run, filters.listed, filters.only, after(request, -1), exclusion=exclusion
    )
    counts = browsing.kind_counts(run, filters.listed, filters.only, exclusion)
    of_kind = {k: n for k, n in counts.items() if filters.only.kind in ("", k)}
    return {
        "filters": filters,
        "record": filters.types[filters.listed],
        "rows": [_shown(change, filters.words) for change in page.rows],
        "way": onward(request, page.next),
        "total": sum(of_kind.values()),
        "here": request.GET.urlencode(),
    }


def _shown(change: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """A change with its words; its key without the student and a first occurrence."""
    word, sign, tone = KIND_WORDS[change["change"]]
    fields = [
        {**one, "title": words.get(one["field"]) or title(one["field"])} for one in change["fields"]
    ]
    silent = {"local_id": change["local_id"], "occurrence": "1"}
    key = [
        (title(name), part) for name, part in change["key"].items() if silent.get(name) != str(part)
    ]
    return {
        **change,
        "word": word,
        "sign": sign,
        "tone": tone,
        "parts": [(name, part) for name, part in key if part is not None],
        "first": fields[:_FIELDS],
        "more": fields[_FIELDS:],
    }


def csv_rows(
    request: HttpRequest, run: Run, exclusion: Exclusion | None = None
) -> Iterator[tuple[object, ...]]:
    """Every change that passes the filters, a line for each field it changes; `exclusion` as for
    `listing`.
    """
    filters = Filters(request, run)
    place: int | None = -1
    while filters.listed and place is not None:
        page = browsing.changes(run, filters.listed, filters.only, place, _PIECE, exclusion)
        for change in page.rows:
            yield from _cells(filters.listed, change)
        place = page.next


def _cells(record: str, change: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    key = ", ".join(f"{name}: {part}" for name, part in change["key"].items() if part is not None)
    head = (record, change["change"], change["input"], change["line"], change["local_id"], key)
    left_out = "yes" if change["excluded"] else ""
    for one in change["fields"] or [{"field": None, "before": None, "after": None}]:
        yield (*head, one["field"], one["before"], one["after"], left_out)


def find_student(visit: Visit, text: str) -> int | None:
    """The number of the student with this local or state id; None when there is none."""
    here = Student.objects.filter(district=visit.district)
    wanted = text.strip()
    for name in ("local_id", "state_id"):
        if wanted and (found := here.filter(**{name: wanted}).first()):
            return found.pk
    return None
