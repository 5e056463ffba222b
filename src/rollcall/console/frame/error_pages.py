"""The pages for requests that cannot be answered: bad ones, and errors of the server."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from rollcall.access.request_limits import as_problem


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """413 with what is too large and how large it may be; 400 for every other reason."""
    if (problem := as_problem(exception)) is None:
        return render(request, "400.html", status=400)
    return render(request, "413.html", {"problem": problem}, status=413)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 for an error of the server; 503 while the database is away, which ends by itself."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "5"})
    return HttpResponse(render_to_string("500.html"), status=500)
