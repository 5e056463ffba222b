"""The addresses of a console in which somebody forgot to declare a page."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from rollcall.console import urls


def forgotten(request: HttpRequest) -> HttpResponse:
    return HttpResponse("student data")


urlpatterns = [*urls.urlpatterns, path("forgotten/", forgotten, name="forgotten")]
