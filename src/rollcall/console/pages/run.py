"""A run: what became of it, in numbers, guards, findings and reports."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from rollcall.console.visit import Visit
from rollcall.console.words import run_word
from rollcall.engine.models import Run
from rollcall.engine.results import result


def run(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """One run of this district."""
    found = Run.objects.select_related("sync", "district").filter(
        pk=number, district=visit.district
    )
    if (one := found.first()) is None:
        raise Http404
    said = result(one)
    word, tone = run_word(one)
    kinds = list(next(iter(said["counts"].values()), {}))
    numbers = said["counts"].values()
    table = [(kind, [of_input.get(kind, 0) for of_input in numbers]) for kind in kinds]
    shown = {"run": one, "said": said, "word": word, "tone": tone, "table": table}
    return render(request, "console/run.html", shown)
