"""The API as a whole: its operations, its OpenAPI document, and a page that shows it."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.operation import Operation

import rollcall
from rollcall.api import (
    alerts,
    approvals,
    callers,
    configuration,
    decisions,
    failures,
    reading,
    runs,
    sending,
    students,
    syncs,
)
from rollcall.api.failures import MEDIA_TYPE, ProblemOut
from rollcall.core.problems import Problem

NAMESPACE = "api"
_REFERENCE = "#/components/schemas"

_ABOUT = """Everything the pages and the command line do, for programs. Each request shows a token:
`Authorization: Bearer TOKEN`. A token belongs to one district and can do what its role can, but
never more than its owner can at the time. Whatever goes wrong is answered as a problem (RFC 9457)
that says what to do and who can do it. Lists come in pages: ask for the next one with `next`."""


class Api(NinjaAPI):
    """The API, whose document also says how it fails and what each operation needs."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The name of the function: no two operations share one."""
        return operation.view_func.__name__

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        document: dict[str, Any] = dict(self.get_openapi_schema(path_prefix="api/"))
        schemas = document["components"]["schemas"]
        for model in (ProblemOut, syncs.Start):
            schemas[model.__name__] = model.model_json_schema()
        needs = {}
        for operation in operations(self):
            (token,) = operation.auth_callbacks
            assert isinstance(token, callers.Token)
            needs[operation.view_func.__name__] = str(token.needs)
        for methods in document["paths"].values():
            for described in methods.values():
                described["x-needs"] = needs[described["operationId"]]
                described["responses"]["default"] = _PROBLEM
        return document


_PROBLEM = {
    "description": "A problem: what is wrong, what to do, and who can do it",
    "content": {MEDIA_TYPE: {"schema": {"$ref": f"{_REFERENCE}/ProblemOut"}}},
}


def operations(api: NinjaAPI) -> list[Operation]:
    """Every operation of the API."""
    return [
        operation
        for router in api._get_bound_routers()
        for view in router.path_operations.values()
        for operation in view.operations
    ]


api = Api(
    title="Rollcall",
    version=rollcall.__version__,
    description=_ABOUT,
    urls_namespace=NAMESPACE,
    openapi_url=None,
    docs_url=None,
    parser=callers.SafeParser(),
    auth=callers.Token(None),  # what an operation does not declare is refused
)
failures.install(api)
for module in (syncs, runs, approvals, sending, decisions, students, alerts, configuration):
    api.add_router("", module.router)


def openapi_json(request: HttpRequest) -> JsonResponse:
    """The OpenAPI document. It has no data of any district, and anyone can read it."""
    return JsonResponse(api.openapi())


def docs(request: HttpRequest) -> HttpResponse:
    """The same for people."""
    subjects = reading.by_subject(api.openapi())
    about = _ABOUT.replace("`", "")
    return render(request, "api/docs.html", {"subjects": subjects, "about": about})


def nothing(request: HttpRequest, address: str) -> HttpResponse:
    """Any other address below /api/."""
    return failures.answer(Problem(callers.NOT_FOUND))
