"""The web server process."""

from django.core.wsgi import get_wsgi_application
from waitress.server import BaseWSGIServer, MultiSocketServer, create_server


def serve(host: str, port: int) -> None:
    """Serve the pages until stopped."""
    listening(host, port).run()


def listening(host: str, port: int) -> BaseWSGIServer | MultiSocketServer:
    """The server, listening but not serving yet; port 0 takes any that is free."""
    return create_server(get_wsgi_application(), host=host, port=port, ident=None)
