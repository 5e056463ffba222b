"""The web server process."""

import waitress
from django.core.wsgi import get_wsgi_application


def serve(host: str, port: int) -> None:
    """Serve the pages until stopped."""
    waitress.serve(get_wsgi_application(), host=host, port=port, ident=None)
