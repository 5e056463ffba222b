"""Which host names are answered: our own, and for the health check those of this machine."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase
from django.http.request import split_domain_port

_HEALTH = "/health"


class OurHosts:
    """The middleware that refuses (400) a name of this machine where ROLLCALL_URL is another.

    A monitor on the server asks by a loopback name. A page under that name would have cookies and
    links of its own, and a stranger's page could get one by a name that leads to this machine.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; DisallowedHost for another name."""
        name, _ = split_domain_port(request.get_host())
        of_this_machine = name in settings.LOOPBACK_HOSTS and name not in settings.ROLLCALL_HOSTS
        if of_this_machine and request.path != _HEALTH:
            raise DisallowedHost("This is not the address of ROLLCALL_URL.")
        return self._get_response(request)
