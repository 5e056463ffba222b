"""Settings: the sections at the side, and the frame of every section."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from rollcall.console.frame.navigation import Link
from rollcall.console.frame.visit import Visit
from rollcall.core.problems import Problem

#: The sections in their order: the name of the route, and the title.
SECTIONS = (
    ("settings-people", "People and roles"),
    ("settings-district", "District"),
    ("settings-mail", "Mail server"),
    ("settings-retention", "Retention"),
    ("settings-tokens", "API tokens"),
    ("settings-audit", "Audit log"),
    ("settings-about", "About"),
)


def settings(request: HttpRequest, visit: Visit) -> HttpResponse:
    """To the first section."""
    return redirect(visit.url(SECTIONS[0][0]))


def section(
    request: HttpRequest,
    visit: Visit,
    here: str,
    problem: Problem | None = None,
    template: str = "",
    **context: Any,
) -> HttpResponse:
    """Show a section by the template of its name, or another of it; with a problem, that above it
    and status 400.
    """
    links = [Link(title, visit.url(page), page == here) for page, title in SECTIONS]
    context |= {"sections": links, "title": dict(SECTIONS)[here], "problem": problem}
    name = template or here.replace("-", "_")
    return render(request, f"settings/{name}.html", context, status=400 if problem else 200)
