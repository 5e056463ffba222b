"""The API's addresses. Its namespace checks access itself (`console.frame.routes.ELSEWHERE`)."""

from typing import Any

from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from rollcall.api.document import NAMESPACE, api, docs, nothing, openapi_json

_operations, _, _ = api.urls

urlpatterns: list[URLPattern | URLResolver | Any] = [
    path("openapi.json", require_safe(openapi_json), name="openapi"),
    path("docs", require_safe(docs), name="docs"),
    *(route for route in _operations if getattr(route, "name", "") != "api-root"),
    path("<path:address>", csrf_exempt(nothing), name="nothing"),
]
app_name = NAMESPACE
