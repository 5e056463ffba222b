"""The audit log: who saw, exported, approved or changed what."""

from collections.abc import Mapping
from enum import StrEnum

from rollcall.access.models import AuditEntry
from rollcall.engine.clock import Clock
from rollcall.records.models import District


class Action(StrEnum):
    """What is written down, in the words of the audit page."""

    SIGNED_IN = "signed in"
    SIGN_IN_FAILED = "failed to sign in"
    SIGNED_OUT = "signed out"
    PASSWORD_CHANGED = "changed their password"  # noqa: S105 - words, no password
    SECOND_FACTOR_ADDED = "added a second factor"
    SECOND_FACTOR_REMOVED = "removed a second factor"
    RECOVERY_CODES_MADE = "made new recovery codes"
    SIGN_ON_LINKED = "linked single sign-on"
    SIGN_ON_RELEASED = "released single sign-on"
    SIGN_ON_REFUSED = "was refused at single sign-on"
    PERSON_INVITED = "invited a person"
    INVITATION_WITHDRAWN = "withdrew an invitation"
    INVITATION_DECLINED = "declined an invitation"
    JOINED = "joined"
    LINK_PRINTED = "printed a password link for"
    PERSON_ADDED = "added a person"
    ROLE_CHANGED = "changed a role"
    PERSON_REMOVED = "removed a person"
    TOKEN_MADE = "made a token"  # noqa: S105 - words, no token
    TOKEN_REVOKED = "revoked a token"  # noqa: S105 - words, no token
    SAW = "saw"
    EXPORTED = "exported"
    STARTED = "started"
    APPROVED = "approved"
    DISCARDED = "discarded"
    UNDID = "undid"
    PAUSED = "paused"
    RESUMED = "resumed"
    CHANGED = "changed"
    DECIDED = "decided about"
    REVOKED = "took back"
    ACKNOWLEDGED = "acknowledged"


def record(
    clock: Clock,
    who: str,
    action: Action,
    what: str = "",
    *,
    district: District | None = None,
    detail: Mapping[str, str | int | bool] | None = None,
) -> None:
    """Write down that `who` (an address, or "token NAME") did `action` to `what` ("run 12",
    "student 4711": our own numbers, never a name). `district` None: about the installation.
    """
    AuditEntry.objects.create(
        district=district,
        at=clock.now(),
        who=who,
        action=str(action),
        what=what,
        detail=dict(detail or {}),
    )
