"""What can keep a run from reading or writing records."""

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem

_OPERATOR = "the person who runs imports"

STALE_PLAN = Codes.add(
    "records.stale_plan",
    Severity.ERROR,
    "The records are no longer as they were when the plan was made, so nothing was written",
    "Run the sync again; it makes a new plan from the records as they are now.",
    _OPERATOR,
)
BUSY = Codes.add(
    "records.busy",
    Severity.ERROR,
    "Another program is changing these records and did not finish in time",
    "Run the sync again later; end a database session that was left open in a transaction.",
    _OPERATOR,
)
AWAY = Codes.add(
    "records.database_away",
    Severity.ERROR,
    "The database does not answer at this moment",
    "Try again in a minute; /health says when it is back.",
    _OPERATOR,
)
BROKEN_LINK = Codes.add(
    "records.broken_link",
    Severity.ERROR,
    "Records would be left whose student does not exist, so nothing was written",
    "Load the missing students first, or leave the students out of the removal.",
    "the district's data manager",
)
SNAPSHOT_UNKNOWN = Codes.add(
    "records.snapshot_unknown",
    Severity.ERROR,
    "The database was restored or replaced since the plan was made",
    "Discard the run and run the sync again.",
    _OPERATOR,
)


class StalePlan(Problem):
    """A plan met records that are not as it knew them; the transaction must be rolled back."""

    def __init__(self, detail: str) -> None:
        super().__init__(STALE_PLAN, detail)


class RecordsBusy(Problem):
    """Others hold the record tables for too long."""

    def __init__(self, detail: str) -> None:
        super().__init__(BUSY, detail)
