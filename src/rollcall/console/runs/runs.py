"""The list of runs: filters in the address, the newest first, also as CSV."""

from collections.abc import Iterator
from dataclasses import dataclass

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.paging import page_of, query_with
from rollcall.console.frame.state_words import RUN_WORDS, run_word
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.sparkline import Mark, sparkline
from rollcall.engine.models import Run, Sync
from rollcall.engine.runs.results import row_errors
from rollcall.engine.runs.run_timing import worked

#: So many runs are in the sparkline.
_LAST = 30
_CHANGES = ("added", "updated", "ended", "removed")
_HEADER = (
    "Run", "Sync", "Job", "Test", "Created", "Started", "Finished", "Started by", "State",
    "Added", "Updated", "Ended", "Removed", "Row errors",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A run in the list. `changes`: records added, updated, ended and removed, over all inputs."""

    run: Run
    word: str
    tone: str
    changes: tuple[int, ...]
    errors: int

    @property
    def seconds(self) -> int | None:
        """How long it worked; None before its end."""
        seconds = worked(self.run)
        return None if seconds is None else round(seconds)


class Filters(forms.Form):
    """The filters of the list; what is not understood filters nothing."""

    sync = forms.ChoiceField(required=False)
    state = forms.ChoiceField(required=False)
    kind = forms.ChoiceField(
        label="Live or test",
        choices=[("", "Both"), ("live", "Live"), ("test", "Test")],
        required=False,
    )

    def __init__(self, visit: Visit, request: HttpRequest) -> None:
        super().__init__(request.GET)
        names = Sync.objects.filter(district=visit.district).order_by("name")
        syncs = [(name, name) for name in names.values_list("name", flat=True)]
        states = [(str(state), word) for state, (word, _) in RUN_WORDS.items()]
        self.fields["sync"] = forms.ChoiceField(choices=[("", "All"), *syncs], required=False)
        self.fields["state"] = forms.ChoiceField(choices=[("", "Any"), *states], required=False)

    def narrow(self, runs: QuerySet[Run]) -> QuerySet[Run]:
        """The runs that pass."""
        self.is_valid()
        if name := self.cleaned_data.get("sync"):
            runs = runs.filter(sync__name=name)
        if state := self.cleaned_data.get("state"):
            runs = runs.filter(state=state)
        if kind := self.cleaned_data.get("kind"):
            runs = runs.filter(test=kind == "test")
        return runs


def runs(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The district's runs."""
    filters = Filters(visit, request)
    runs = filters.narrow(_runs_of(visit))
    page = page_of(request, runs)
    context = {
        "filters": filters,
        "filtered": any(filters.cleaned_data.values()),
        "page": page,
        "rows": [_row(run) for run in page.items],
        "sparkline": sparkline(
            [
                Mark(run.pk, sum(_changes(run)), *run_word(run))
                for run in reversed(runs.order_by("-pk")[:_LAST])
            ]
        ),
        "csv": visit.url("runs-csv") + query_with(request.GET),
    }
    return render(request, "runs/runs.html", context)


def runs_csv(request: HttpRequest, visit: Visit) -> StreamingHttpResponse:
    """The same runs, all of them, as a CSV file."""
    runs = Filters(visit, request).narrow(_runs_of(visit)).order_by("-pk")
    return csv_file(visit, "runs", _HEADER, _cells(runs))


def _runs_of(visit: Visit) -> QuerySet[Run]:
    """The runs of the district; without what the list does not show."""
    runs = Run.objects.filter(district=visit.district).select_related("sync")
    return runs.defer("findings", "guards", "summary")


def _row(run: Run) -> Row:
    return Row(run, *run_word(run), _changes(run), row_errors(run))


def _changes(run: Run) -> tuple[int, ...]:
    return tuple(sum(counts.get(word, 0) for counts in run.counts.values()) for word in _CHANGES)


def _cells(runs: QuerySet[Run]) -> Iterator[tuple[object, ...]]:
    for run in runs.iterator(chunk_size=1000):
        row = _row(run)
        name = (run.pk, run.sync.name, run.job, "test" if run.test else "")
        times = (run.created_at, run.started_at, run.finished_at)
        yield (*name, *times, run.person or run.started_by, row.word, *row.changes, row.errors)
