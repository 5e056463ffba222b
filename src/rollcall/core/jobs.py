"""Jobs as data: what an integration can be asked to do, as a list of steps that one runner walks.

A step is the engine's own, by name, or a function of the integration's. What a step leaves goes to
the next one; only the runner writes what the run has come to.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import polars as pl

from rollcall.core.findings import no_findings
from rollcall.core.plans.context import Context


@dataclass(frozen=True)
class StepFacts:
    """What a step of an integration's own may know: the sync's settings, the school year and the
    district's date, and the views that the step reads, by name.
    """

    settings: Any
    context: Context
    views: Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class StepResult:
    """What a step of an integration's own leaves: a value for the next step, reports by name,
    (label, number) lines for the mail and the page, and findings (core.findings).
    """

    value: Any = None
    reports: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    summary: tuple[tuple[str, int], ...] = ()
    findings: pl.DataFrame = field(default_factory=no_findings)


OwnStep = Callable[[StepFacts, Any], StepResult]


@dataclass(frozen=True)
class Step:
    """One step of a job. `name`: where a run says it is; `title`: the same for people. `work`: the
    engine's own by name (engine.runs.step_table), or a pure function of the integration's, from
    the facts and what the step before left; `reads` are the views it gets. `writes`: a test leaves
    it out, and a held plan waits before it.
    """

    name: str
    title: str
    work: str | OwnStep
    reads: tuple[str, ...] = ()
    writes: bool = False


FETCH = Step("fetch", "Fetch the files", "fetch")
READ = Step("read", "Read", "read")
MATCH = Step("match", "Match and plan", "match")
GUARD = Step("guard", "Check the limits", "guard")
APPLY = Step("apply", "Write", "apply", writes=True)
REPORT = Step("report", "Make the reports", "report")
#: Files are read and the district's records made equal to what an integration wants of them.
IMPORT = (FETCH, READ, MATCH, GUARD, APPLY, REPORT)

REFRESH = Step("fetch", "Read the partner's records", "refresh")
COMPARE = Step("plan", "Plan", "compare")
PUT = Step("apply", "Put in the queue", "put", writes=True)
SEND = Step("send", "Send", "send", writes=True)
REPORT_SENT = Step("report", "Make the reports", "report_sent")
#: A partner's documents are made equal to what the records call for.
SENDING = (COMPARE, GUARD, PUT, SEND, REPORT_SENT)

PLAN_UNDO = Step("plan", "Plan", "plan_undo")
PUT_BACK = Step("apply", "Write", "put_back", writes=True)
#: What a run wrote into the records is put back.
UNDO_RECORDS = (PLAN_UNDO, PUT_BACK)

PLAN_UNDO_SENT = Step("plan", "Plan", "plan_undo_sent")
#: What a run sent is put back.
UNDO_SENT = (PLAN_UNDO_SENT, PUT, SEND, REPORT_SENT)

#: The last step of every run, of which the runner itself takes care.
NOTIFY = Step("notify", "Send the mail", "")


class Scope(StrEnum):
    """Whose records a job is about."""

    ALL = "all"
    GRADE = "grade"
    STUDENT = "student"


class Refresh(StrEnum):
    """Whether a job first reads anew what the partner has."""

    NEVER = "never"
    ONCE = "once"  # when that was never read
    ALWAYS = "always"


@dataclass(frozen=True)
class Job:
    """Something an integration can be asked to do. `steps`: in their order; `undo`: the steps that
    put back what it wrote, none where nothing can be put back. `then`: the job that follows once
    this one is done, as a two-way sync reads and then sends; each has a plan of its own.

    Of a job that sends. `refresh`: whether the mirror is first read from the partner. `removes`:
    documents that no record calls for are taken away. `clears_scope`: nothing is called for, so
    that all removable documents of the scope go. `enables_near_real_time`: near real time can be
    turned on once it has completed for the year.
    """

    name: str
    title: str
    help: str
    steps: tuple[Step, ...]
    undo: tuple[Step, ...] = ()
    then: str = ""
    scope: Scope = Scope.ALL
    refresh: Refresh = Refresh.NEVER
    removes: bool = False
    clears_scope: bool = False
    enables_near_real_time: bool = False

    @property
    def reads_files(self) -> bool:
        """Whether files can be handed to a run of it."""
        return FETCH in self.steps

    @property
    def compares_all(self) -> bool:
        """Whether everything at the partner is compared with all the records."""
        return self.scope is Scope.ALL and self.refresh is Refresh.ALWAYS and self.removes


def importing(name: str = "import", title: str = "Import", help: str = "") -> Job:
    """The job that reads files into the records."""
    return Job(name, title, help, IMPORT, UNDO_RECORDS)


def sending(
    name: str, title: str, help: str, refresh: Refresh = Refresh.NEVER, **rules: Any
) -> Job:
    """A job that sends. `rules`: as `Job` has them."""
    reads = () if refresh is Refresh.NEVER else (REFRESH,)
    return Job(name, title, help, (*reads, *SENDING), UNDO_SENT, refresh=refresh, **rules)
