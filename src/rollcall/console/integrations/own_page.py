"""A page that an integration declares: its rows, a part of a long list at a time."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rollcall.console.frame.paging import SIZE, after, forward_links
from rollcall.console.frame.routes import View
from rollcall.console.frame.visit import Visit
from rollcall.core.integration import Integration
from rollcall.core.pages import Page
from rollcall.engine.settings import integration_pages
from rollcall.records.models import District, Student


def view_of(integration: Integration, page: Page) -> View:
    """The view of an integration's page."""

    def own_page(request: HttpRequest, visit: Visit) -> HttpResponse:
        """What the integration shows; without a sync of it, what the page is for."""
        about = {"page": page, "integration": integration}
        shown = integration_pages.shown(
            visit.district, integration, page, request.GET.dict(), visit.clock
        )
        if shown is None:
            return render(request, "integrations/no_sync.html", about)
        start = after(request, 0)
        rows = shown.rows.slice(start, SIZE).to_dicts()
        _add_students(visit.district, rows)
        end = start + SIZE
        links = forward_links(request, end if end < shown.rows.height else None)
        own = {"rows": rows, "links": links, "count": shown.rows.height}
        return render(request, page.template, {**shown.values, **about, **own})

    return own_page


def _add_students(district: District, rows: Iterable[dict[str, Any]]) -> None:
    """Give each row the number of its student, which addresses name."""
    local_ids = [row["local_id"] for row in rows if row.get("local_id")]
    students = Student.objects.filter(district=district, local_id__in=local_ids)
    numbers = dict(students.values_list("local_id", "pk"))
    for row in rows:
        if "local_id" in row:
            row["student"] = numbers.get(row["local_id"])
