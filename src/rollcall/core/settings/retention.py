"""How long stored files and the change log are kept, and what may go. Pure."""

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field


class Retention(BaseModel):
    """How many days things are kept; 0 keeps them for good.

    Kept whatever this says: everything of a run that waits or is under way, of the last applied
    runs of a sync, and what undoing a run needs for `undo_days`. That a file came before is known
    from its SHA-256, which is always kept.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    inputs_days: int = Field(
        default=180,
        ge=0,
        le=36_500,
        title="Inputs, days",
        description="how long the files that runs read are kept; 0 = for good",
    )
    plans_days: int = Field(
        default=180,
        ge=0,
        le=36_500,
        title="Plans, days",
        description="how long the rows, changes and findings of runs are kept, which pages and "
        "`explain` show; 0 = for good",
    )
    reports_days: int = Field(
        default=400,
        ge=0,
        le=36_500,
        title="Reports, days",
        description="how long the reports of runs are kept; 0 = for good",
    )
    change_log_days: int = Field(
        default=0,
        ge=0,
        le=36_500,
        title="Change log, days",
        description="how long it is kept who changed which field of a record; 0 = for good",
    )
    undo_days: int = Field(
        default=90,
        ge=0,
        le=36_500,
        title="Undo, days",
        description="for how long a run can be undone; what that needs is kept as long, whatever "
        "the other settings say; 0 = for good",
    )

    def files_before(self, kind: str, at: datetime) -> datetime | None:
        """Files of this kind (input, plan, report) may go when their run ended before; or None."""
        days = {"input": self.inputs_days, "plan": self.plans_days, "report": self.reports_days}
        return _before(days[kind], at)

    def undo_before(self, at: datetime) -> datetime | None:
        """Runs applied before this need not be undone any more; None when all may be."""
        return _before(self.undo_days, at)

    def changes_before(self, at: datetime) -> datetime | None:
        """Changes logged before this may go: neither wanted nor needed to undo a run; or None."""
        by_age, needed = _before(self.change_log_days, at), self.undo_before(at)
        return min(by_age, needed) if by_age and needed else None


def _before(days: int, at: datetime) -> datetime | None:
    return at - timedelta(days=days) if days else None
