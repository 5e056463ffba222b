"""Roles and what they can do: one table, for the pages and the API alike. Pure."""

from collections.abc import Mapping
from enum import StrEnum


class Ability(StrEnum):
    """Something a page or an API route can need."""

    VIEW = "view"  # see syncs, runs, students; download reports
    EDIT_RECORDS = "edit_records"  # edit students, link rows, settle alerts
    RUN = "run"  # start, pause and resume syncs; test connections
    APPROVE = "approve"  # approve or discard a held run, undo a run
    ADMINISTER = "administer"  # settings, people, tokens, the audit log


class Role(StrEnum):
    """What a person is in a district. Each can do all that the role before it can."""

    VIEWER = "viewer"
    STEWARD = "data steward"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMIN = "admin"

    @property
    def abilities(self) -> frozenset[Ability]:
        """What a person with this role can do."""
        return ABILITIES[self]

    @property
    def meaning(self) -> str:
        """What the role is for, as a sentence."""
        return MEANINGS[self]


_LADDER = tuple(zip(Role, Ability, strict=True))

#: What each role can do.
ABILITIES: Mapping[Role, frozenset[Ability]] = {
    role: frozenset(ability for _, ability in _LADDER[: place + 1])
    for place, (role, _) in enumerate(_LADDER)
}

MEANINGS: Mapping[Role, str] = {
    Role.VIEWER: "Sees syncs, runs and students, and downloads reports.",
    Role.STEWARD: "Also edits students, links unmatched rows and settles alerts.",
    Role.OPERATOR: "Also tests and runs syncs, pauses and resumes them.",
    Role.APPROVER: "Also approves or discards held runs, and undoes runs.",
    Role.ADMIN: "Also changes settings, people and tokens, and reads the audit log.",
}
