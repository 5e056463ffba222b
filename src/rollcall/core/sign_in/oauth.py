"""What a sign-in server says in the protocol's own words (OAuth 2.0), and nothing else it says.

Who answers at an address a person typed may be any service: its words are not for a page.
"""

import json

#: RFC 6749: 4.1.2.1 and 5.2.
_ERRORS = frozenset(
    {
        "access_denied",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_response_type",
    }
)


def oauth_error(body: bytes) -> str:
    """The error code of an answer, where it is one of the protocol's; else ""."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    error = answer.get("error") if isinstance(answer, dict) else None
    return error if isinstance(error, str) and error in _ERRORS else ""
