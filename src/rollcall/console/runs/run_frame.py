"""What the pages of a run share: finding it, its head, its tabs."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.urls import NoReverseMatch

from rollcall.console.frame.state_words import run_word
from rollcall.console.frame.visit import Visit
from rollcall.engine import artifacts, registry
from rollcall.engine.models import Run

_TABS = (
    ("Overview", "run"),
    ("Rows", "run-rows"),
    ("Changes", "run-changes"),
    ("Findings", "run-findings"),
    ("Reports", "run-reports"),
    ("Mail", "run-mail"),
    ("Settings used", "run-settings"),
)


@dataclass(frozen=True)
class Tab:
    """A page of the run as a tab."""

    title: str
    address: str
    present: bool


def run_of(visit: Visit, number: int) -> Run:
    """The district's run of that number; Http404 when there is none."""
    found = Run.objects.select_related("sync", "district", "version", "approval")
    found = found.prefetch_related("artifacts")
    if (run := found.filter(pk=number, district=visit.district).first()) is None:
        raise Http404
    return run


def frame(visit: Visit, run: Run, here: str) -> dict[str, Any]:
    """What the head of every page of a run shows (`parts/run_head.html`); `here`: its tab."""
    word, tone = run_word(run)
    return {
        "run": run,
        "title": f"{'TEST run' if run.test else 'Run'} {run.pk}",
        "word": word,
        "tone": tone,
        "sync_page": url(visit, "sync", name=run.sync.name),
        "sends": sends(run),
        "tabs": [
            Tab(title, visit.url(page, number=run.pk), page == here)
            for title, page in _TABS
            if not (sends(run) and page == "run-rows")
        ],
    }


def sends(run: Run) -> bool:
    """Whether this is a run of a sync that sends: it reads no rows."""
    return registry.integration(run.sync.integration).outbound is not None


def has_plan(run: Run) -> bool:
    """Whether the run's rows and changes can still be looked at."""
    return artifacts.find(run, "plan", "plan.json") is not None


def test_mark(run: Run) -> str:
    """What the names of a test run's files begin with."""
    return "TEST_" if run.test else ""


def url(visit: Visit, page: str, **parts: str | int) -> str:
    """A page's address, "" when this console has no such page."""
    try:
        return visit.url(page, **parts)
    except NoReverseMatch:
        return ""
