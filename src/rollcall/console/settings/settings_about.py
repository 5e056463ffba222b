"""Settings, about: the version, and the state of database, workers and disk."""

from django.http import HttpRequest, HttpResponse

from rollcall.console.frame.visit import Visit
from rollcall.console.settings.settings import section
from rollcall.engine.installation.status import installation


def about(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The installation."""
    return section(request, visit, "settings-about", status=installation(visit.district))
