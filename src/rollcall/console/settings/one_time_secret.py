"""A secret that a person is shown once, on the page after they asked for it, such as a token.

Between the two requests it lies in their session, sealed like every other credential.
"""

from django.http import HttpRequest

from rollcall.engine import secrets


def keep(request: HttpRequest, name: str, text: str) -> None:
    """Keep a secret for the next page of this person that takes it."""
    request.session[f"once-{name}"] = secrets.seal(text)


def take(request: HttpRequest, name: str) -> str:
    """The secret, which is gone from then on; "" when there is none."""
    sealed = request.session.pop(f"once-{name}", "")
    return secrets.unseal(sealed) if sealed else ""
