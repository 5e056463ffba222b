"""The page for a request that cannot be read: too large, or none at all."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rollcall.access.request_limits import as_problem


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """413 with what is too large and how large it may be; 400 for every other reason."""
    if (problem := as_problem(exception)) is None:
        return render(request, "400.html", status=400)
    return render(request, "413.html", {"problem": problem}, status=413)
