"""The one page that is open to all: whether this process works, and whether a worker runs."""

from django.db import Error, ProgrammingError
from django.http import HttpRequest, JsonResponse

from rollcall.engine.installation.status import workers


def health(request: HttpRequest) -> JsonResponse:
    """For load balancers and monitors: 200 as long as pages can be served, 503 when they cannot.

    `status`: ok; degraded (pages are served, but no worker runs); down. `problems`: sentences.
    """
    status, problems = "ok", []
    try:
        if not workers():
            status = "degraded"
            problems = ["No worker is running, so no run starts. Start `rollcall worker`."]
    except ProgrammingError:
        status = "down"
        problems = ["The database is not set up for this version. Run `rollcall migrate`."]
    except Error:
        status, problems = "down", ["The database does not answer."]
    answer = {"status": status, "problems": problems}
    return JsonResponse(answer, status=503 if status == "down" else 200)
