"""Why an Ed-Fi API refuses a document or lets it wait, with what to do about it (FACTS 3.5, 3b)."""

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
    "Read which value in the state's words, correct the student's data, and it is sent again.",
    _DATA,
)
UNKNOWN_CODE = _add(
    "unknown_code",
    "The state does not know a code of this document in this school year.",
    "Choose a code that the state lists for the year. If the code is right, the state has not "
    "loaded it yet: ask its help desk.",
    _STATE,
)
MISSING_REFERENCE = _add(
    "missing_reference",
    "The document names a school, district, program or calendar that the state does not have.",
    "Check the state id of the school or district. What the state itself loads may not be there "
    "yet for this year: ask its help desk, then resynchronize.",
    _STATE,
)
ACCESS_DENIED = _add(
    "access_denied",
    "The state does not let this key write this document.",
    "Check that the school belongs to the district and that the key is for this school year. If "
    "so, ask the state's help desk for the right.",
    _STATE,
)
PROFILE = _add(
    "profile",
    "The state wants another profile (its list of fields a vendor may write) than this key has.",
    "Give the state's words to its help desk: the key has several profiles, or one that does not "
    "cover this resource.",
    _STATE,
)
NOT_FOUND = _add(
    "not_found",
    "The state no longer has the document that was to be changed.",
    "It was removed there by other means. Resynchronize, so that it is added again.",
    _DATA,
)
ADDRESS = _add(
    "address",
    "Nothing of the API is at this address.",
    "Check the connection's address and the sync's data path, and whether the address has the "
    "school year in it.",
    _ADMIN,
)
KEY_CHANGE = _add(
    "key_change",
    "The state does not let the identifying values of this document be changed in place.",
    "Run Delete student, then Update student for this student: what is removed is added again with "
    "its new values.",
    _DATA,
)
CONFLICT = _add(
    "conflict",
    "The state has another document that this one contradicts.",
    "Look for a second record of the same student or enrollment in the state's portal.",
    _STATE,
)
REFUSED = _add(
    "refused",
    "The state refused the document.",
    "Read the state's words. If they do not say what to correct, give them to its help desk.",
    _STATE,
)
SIGN_IN_REFUSED = _add(
    "sign_in_refused",
    "The state refused the key, its secret or the token made with them.",
    "Check key and secret of the connection, and whether the key is for this school year.",
    _ADMIN,
)

_LOOK = "Compare name, birth date and state id with the state's student list, and correct them. "
IDENTITY = {
    "3000": _add(
        "identity_3000",
        "The state knows this student by another state id.",
        _LOOK + "Most often the state's id is the one to keep.",
        _DATA,
    ),
    "3001": _add(
        "identity_3001",
        "Several students of the state match this one.",
        _LOOK + "If it is one person, ask the state's help desk to merge them.",
        _STATE,
    ),
    "3002": _add(
        "identity_3002",
        "The state has no such student and nobody similar.",
        "Have the state id created in the state's portal, then send the student again.",
        _DATA,
    ),
    "3003": _add(
        "identity_3003",
        "The state has a student with the same last name, first initial, birth date and gender.",
        _LOOK + "If they are two people, have a state id created in the portal.",
        _DATA,
    ),
    "3004": _add(
        "identity_3004",
        "The state has a student of the same first and last name.",
        _LOOK + "If they are two people, have a state id created in the portal.",
        _DATA,
    ),
    "3005": _add(
        "identity_3005",
        "The state has a student with a similar name, the same gender and nearly the same birth "
        "date.",
        _LOOK + "If they are two people, have a state id created in the portal.",
        _DATA,
    ),
    "3006": _add(
        "identity_3006",
        "The state gave this state id to another student.",
        _LOOK + "Find this student's own state id in the portal.",
        _DATA,
    ),
}

UNRESOLVED = _wait(
    "unresolved_reference",
    "The document waits for another one it refers to.",
    "It is sent when the other has arrived. If that one was refused, correct it first.",
    _DATA,
)
NO_RELATIONSHIP = _wait(
    "no_relationship",
    "The document waits until the state has an enrollment of this student in the district.",
    "It is sent when the enrollment has arrived. If that one was refused, correct it first.",
    _DATA,
)
DEPENDANTS = _wait(
    "dependants",
    "The document can be removed only after others that refer to it.",
    "It is removed after them. If this stays, another district's data refer to it: ask the "
    "state's help desk.",
    _STATE,
)
CHANGED_MEANWHILE = _wait(
    "changed_meanwhile",
    "The document was changed at the state at the same moment.",
    "It is sent again by itself.",
    _DATA,
)
OVERLOADED = _wait(
    "overloaded",
    "The state asks us to send more slowly.",
    "It is sent again by itself, later and with fewer at once.",
    _DATA,
)
SERVER_FAILED = _wait(
    "server_failed",
    "The state's server could not take the document.",
    "It is sent again by itself. If it lasts for hours, look for an outage that the state "
    "announced.",
    _STATE,
)
NO_ANSWER = _wait(
    "no_answer",
    "No answer came from the state's server.",
    "It is sent again by itself. If it lasts, test the connection.",
    _ADMIN,
)
NOT_THE_API = _wait(
    "not_the_api",
    "Something else answered in the place of the state's API.",
    "It is sent again by itself. If it lasts, test the connection: a proxy or a sign-in page may "
    "stand between.",
    _ADMIN,
)
