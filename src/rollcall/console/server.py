"""The web server process."""

from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from waitress.server import BaseWSGIServer, MultiSocketServer, create_server

from rollcall.engine.installation_settings import limits

#: A thread keeps its database connection this many seconds: making one costs more than a page.
_KEPT = 600
#: Bodies that are larger than an upload may be by no more than this are answered in our words.
_MORE = 256 << 20


def serve(host: str, port: int) -> None:
    """Serve the pages until stopped."""
    connections.settings["default"] |= {"CONN_MAX_AGE": _KEPT, "CONN_HEALTH_CHECKS": True}
    listening(host, port).run()


def listening(host: str, port: int) -> BaseWSGIServer | MultiSocketServer:
    """The server, listening but not serving yet; port 0 takes any that is free."""
    return create_server(
        get_wsgi_application(),
        host=host,
        port=port,
        ident=None,
        # A little more than an upload may be, so that a page of ours says what is too large.
        max_request_body_size=limits().upload_bytes + _MORE,
        **_proxies(),
    )


def _proxies() -> dict[str, Any]:
    """Which proxies are believed, and about what. From any other address, and of any other header
    (X-Forwarded-Host), nothing is.
    """
    if not settings.ROLLCALL_PROXIES:
        return {}
    return {
        "trusted_proxy": settings.ROLLCALL_PROXY_ADDRESS,
        "trusted_proxy_count": settings.ROLLCALL_PROXIES,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
    }
