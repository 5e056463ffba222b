"""Why an Ed-Fi API refuses or delays a document, and what to do about it (FACTS 3.5, 3b)."""

from rollcall.core.findings import Codes, Severity

_DATA = "The district's data manager"
_STATE = "The district's data manager, with the state's help desk"
_ADMIN = "The person who set up the connection"


def _add(what: str, text: str, what_to_do: str, who: str) -> str:
    return Codes.add(f"edfi.{what}", Severity.ERROR, text, what_to_do, who)


def _wait(what: str, text: str, what_to_do: str, who: str) -> str:
    return Codes.add(f"edfi.{what}", Severity.WARNING, text, what_to_do, who)


VALIDATION = _add(
    "validation",
    "The state refused a value of this document.",
    "The state's message says which value. Correct the student's data; then the document is sent "
    "again.",
    _DATA,
)
UNKNOWN_CODE = _add(
    "unknown_code",
    "The state does not have a code of this document in this school year.",
    "Choose a code from the state's list for the year. If the code is right, the state has not "
    "loaded it yet: ask its help desk.",
    _STATE,
)
MISSING_REFERENCE = _add(
    "missing_reference",
    "The document names a school, district, program or calendar that the state does not have.",
    "Check the state ID of the school or district. If it is right, the state may not have loaded "
    "it yet for this year: ask its help desk, then run Resynchronize.",
    _STATE,
)
ACCESS_DENIED = _add(
    "access_denied",
    "The state does not allow this key to write this document.",
    "Check that the school belongs to the district and that the key is for this school year. If "
    "so, ask the state's help desk for the right.",
    _STATE,
)
PROFILE = _add(
    "profile",
    "The state requires another profile (its list of fields a vendor can write) than this key has.",
    "Send the state's message to its help desk: the key has several profiles, or one that does not "
    "include this resource.",
    _STATE,
)
NOT_FOUND = _add(
    "not_found",
    "The state no longer has the document that should be changed.",
    "It was removed there in another way. Run Resynchronize to add it again.",
    _DATA,
)
ADDRESS = _add(
    "address",
    "There is no API at this address.",
    "Check the connection's address and the sync's data path, and whether the address should have "
    "the school year in it.",
    _ADMIN,
)
KEY_CHANGE = _add(
    "key_change",
    "The state does not allow changes to the identifying values of this document.",
    "Run Delete Student, then Update Student for this student: the documents are removed and added "
    "again with the new values.",
    _DATA,
)
CONFLICT = _add(
    "conflict",
    "This document contradicts another document at the state.",
    "Look for a second record of the same student or enrollment in the state's portal.",
    _STATE,
)
REFUSED = _add(
    "refused",
    "The state refused the document.",
    "Read the state's message. If it does not say what to correct, send it to the state's help "
    "desk.",
    _STATE,
)
SIGN_IN_REFUSED = _add(
    "sign_in_refused",
    "The state refused the key, its secret or the token from them.",
    "Check the connection's key and secret, and whether the key is for this school year.",
    _ADMIN,
)

_COMPARE = "Compare name, birth date and state ID with the state's student list, and correct them. "
IDENTITY = {
    "3000": _add(
        "identity_3000",
        "The state has this student with another state ID.",
        _COMPARE + "In most cases the state's ID is the right one.",
        _DATA,
    ),
    "3001": _add(
        "identity_3001",
        "Several students of the state match this one.",
        _COMPARE + "If it is one person, ask the state's help desk to merge them.",
        _STATE,
    ),
    "3002": _add(
        "identity_3002",
        "The state does not have this student or a similar one.",
        "Create the state ID in the state's portal, then send the student again.",
        _DATA,
    ),
    "3003": _add(
        "identity_3003",
        "The state has a student with the same last name, first initial, birth date and gender.",
        _COMPARE + "If they are two people, create a state ID in the portal.",
        _DATA,
    ),
    "3004": _add(
        "identity_3004",
        "The state has a student with the same first and last name.",
        _COMPARE + "If they are two people, create a state ID in the portal.",
        _DATA,
    ),
    "3005": _add(
        "identity_3005",
        "The state has a student with a similar name, the same gender and nearly the same birth "
        "date.",
        _COMPARE + "If they are two people, create a state ID in the portal.",
        _DATA,
    ),
    "3006": _add(
        "identity_3006",
        "At the state, this state ID belongs to another student.",
        _COMPARE + "Find this student's own state ID in the portal.",
        _DATA,
    ),
}

UNRESOLVED = _wait(
    "unresolved_reference",
    "The document is waiting for another document that it refers to.",
    "It is sent when the other document has arrived. If that document was refused, correct it "
    "first.",
    _DATA,
)
NO_RELATIONSHIP = _wait(
    "no_relationship",
    "The document is waiting until the state has an enrollment of this student in the district.",
    "It is sent when the enrollment has arrived. If the enrollment was refused, correct it first.",
    _DATA,
)
DEPENDANTS = _wait(
    "dependants",
    "The document can be removed only after the documents that refer to it.",
    "It is removed after them. If this alert stays, another district's data refers to it: ask the "
    "state's help desk.",
    _STATE,
)
CHANGED_MEANWHILE = _wait(
    "changed_meanwhile",
    "The document was changed at the state at the same time.",
    "The document is sent again automatically.",
    _DATA,
)
OVERLOADED = _wait(
    "overloaded",
    "The state requests that Rollcall send more slowly.",
    "The document is sent again automatically, later and with fewer requests at once.",
    _DATA,
)
SERVER_FAILED = _wait(
    "server_failed",
    "The state's server could not accept the document.",
    "The document is sent again automatically. If this lasts for hours, check whether the state "
    "has announced an outage.",
    _STATE,
)
NO_ANSWER = _wait(
    "no_answer",
    "The state's server did not answer.",
    "The document is sent again automatically. If this lasts, test the connection.",
    _ADMIN,
)
NOT_THE_API = _wait(
    "not_the_api",
    "Something else answered instead of the state's API.",
    "The document is sent again automatically. If this lasts, test the connection: a proxy or a "
    "sign-in page may be in between.",
    _ADMIN,
)
