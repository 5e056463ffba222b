"""The one page that is open: can this process work, and does anybody carry out runs?"""

from django.db import Error, ProgrammingError
from django.http import HttpRequest, JsonResponse

from rollcall.engine.installation.status import workers

_AWAY = "The database does not answer."
_NOT_SET_UP = "The database is not set up for this version. Run `rollcall migrate`."
_NO_WORKER = "No worker is running, so no run starts. Start `rollcall worker`."


def health(request: HttpRequest) -> JsonResponse:
    """For load balancers and monitors: 200 as long as pages can be served, 503 when they cannot.

    `status`: ok; degraded (pages are served, but no worker lives); down. `problems`: sentences.
    """
    try:
        alive = workers()
    except ProgrammingError:
        return _said("down", _NOT_SET_UP)
    except Error:
        return _said("down", _AWAY)
    return _said("ok") if alive else _said("degraded", _NO_WORKER)


def _said(status: str, *problems: str) -> JsonResponse:
    answer = {"status": status, "problems": problems}
    return JsonResponse(answer, status=503 if status == "down" else 200)
