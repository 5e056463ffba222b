"""What the pages of a run share: finding it, its head, its tabs."""

from typing import Any

from django.http import Http404

from rollcall.console.frame.navigation import Link
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


def run_of(visit: Visit, number: int) -> Run:
    """The district's run of that number; Http404 when there is none."""
    runs = Run.objects.select_related("sync", "district", "version", "approval")
    runs = runs.prefetch_related("artifacts")
    if (run := runs.filter(pk=number, district=visit.district).first()) is None:
        raise Http404
    return run


def head(visit: Visit, run: Run, tab: str) -> dict[str, Any]:
    """What the head of every page of a run shows (`parts/run_head.html`), on the tab `tab`."""
    word, tone = run_word(run)
    return {
        "run": run,
        "title": f"{'TEST run' if run.test else 'Run'} {run.pk}",
        "word": word,
        "tone": tone,
        "sends": sends(run),
        "tabs": [
            Link(title, visit.url(page, number=run.pk), page == tab)
            for title, page in _TABS
            if not (sends(run) and page == "run-rows")
        ],
    }


def sends(run: Run) -> bool:
    """Whether this is a run of a sync that sends: it reads no rows."""
    return registry.integration(run.sync.integration).sends


def has_plan(run: Run) -> bool:
    """Whether the run's rows and changes can still be shown."""
    return artifacts.find(run, "plan", "plan.json") is not None


def file_prefix(run: Run) -> str:
    """How the names of a run's files begin: "TEST_run_7"."""
    return f"{'TEST_' if run.test else ''}run_{run.pk}"
