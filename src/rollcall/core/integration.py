"""The Integration: everything the engine knows of one kind of partner, as one declared value.

An integration is a folder that ends in one of these. The engine never asks which integration it
has in hand; what differs is data or a function here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from pydantic import BaseModel

from rollcall.core.clock_checks import Due, SyncFacts
from rollcall.core.files.layouts import Layout, ReadOptions
from rollcall.core.files.tables import Table
from rollcall.core.findings import no_findings
from rollcall.core.jobs import Job, Scope
from rollcall.core.pages import Page
from rollcall.core.plans.carry_over import Carrying
from rollcall.core.plans.context import Context
from rollcall.core.plans.plan import Plan, Wanted
from rollcall.core.plans.record_types import RecordType
from rollcall.core.plans.views import View
from rollcall.core.sending.outbound import SENDS_NOTHING, Outbound
from rollcall.core.settings.schedule import Schedule


@dataclass(frozen=True)
class Input:
    """One input table of an integration.

    `filename(settings)` is the file's name at the connection, None when the sync does not include
    it. `layout(settings)` and `options(settings)` say how to read it. `id_field` names the column
    whose value is kept for a rejected row where it can be read ("" = none). `person`: the columns
    of its outcome frame, of `core.matching.match_decisions.IDENTITY`, that say which student a row
    is about (none: its rows are not matched to students). `required`: the job cannot run without
    it. `may_be_absent`: an included file that is not at the connection is left out (else the run
    fails). `records`: names of the record types it feeds, for the counts. `former_names`: what it
    was called before, as input and, with the same ending, as file; both are still read.
    `resource`: not a file, but all that the partner has of this resource, read over the channel
    of `Integration.outbound`; the layout names its columns, and the id it has there is `remote_id`.
    """

    name: str
    title: str
    filename: Callable[[Any], str | None]
    layout: Callable[[Any], Layout]
    options: Callable[[Any], ReadOptions]
    id_field: str = ""
    person: tuple[str, ...] = ()
    required: bool = False
    may_be_absent: bool = False
    records: tuple[str, ...] = ()
    former_names: tuple[str, ...] = ()
    resource: str = ""

    def filenames(self, settings: Any) -> tuple[str, ...]:
        """The names its file can have at the connection, today's first; none when not included."""
        filename = self.filename(settings)
        if filename is None:
            return ()
        ending = filename[filename.rfind(".") :]
        return (filename, *(name + ending for name in self.former_names))


@dataclass(frozen=True)
class Decision:
    """What an integration's rules decide: a row-outcome frame per input (OUTCOME_SCHEMA first,
    then the columns its reports show; one row per record read, rejected ones included), and what
    it wants the records to be.
    """

    rows: Mapping[str, pl.DataFrame]
    wanted: tuple[Wanted, ...]
    findings: pl.DataFrame


@dataclass(frozen=True)
class Report:
    """One CSV report: file name without ending, and its rows. Cells are made safe on writing."""

    name: str
    frame: pl.DataFrame


@dataclass(frozen=True)
class Absence:
    """What an integration says about records that a file does not have, for a part of a file can
    say nothing of them: codes of findings, names of reports, labels of its summary's numbers.
    """

    findings: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Export:
    """Records as a file of `rollcall records export`: its name without ending, the record type, and
    its columns in their order (none: all of them).
    """

    name: str
    record: RecordType
    columns: tuple[str, ...] = ()


#: The text of some records of an input as they were written: (input, lines) -> frame(line, text).
LineText = Callable[[str, pl.Series], pl.DataFrame]


@dataclass(frozen=True)
class Integration:
    """One kind of partner.

    `views`: the names of the record frames `decide` and `explain` read: the district's
    (`records.views`) or its own. `own_views`: those it declares itself, by names nobody else uses.
    `report_views`: those `reports` reads, view to record type; they hold only records of that type
    that no row was about, so that a million others stay unread.
    `records`: the record types it may change.
    `decide(tables, views, settings, context)`: pure; match rows and say what is wanted.
    `reports(plan, views, line_text, settings, context)`: pure; the files people get.
    `summary(plan, reports)`: (label, number) lines for the mail and the page, in order.
    `explain(input, row, views)`: (rule, sentence) pairs for one row of an outcome frame; the view
    "students" has only those whom the row could be about.
    `carrying`: which rows may stay as an earlier run decided them (None: all are decided anew).
    `absence`: what it says about records that no row is about; left out of a partial run.
    `exports`: the files in which people get its records.
    `usual_sync`: the name that a sync of it usually has, if not its own name.
    `in_state(state)`: settings that are usual in a district's state ("MN"); they hold where the
    configuration says nothing of them.
    `schedule`: of a sync whose configuration names none; also the job that a schedule starts which
    names none is this one's, or else the first.
    `jobs`: what it can be asked to do; the first is the one started where none is named.
    `outbound`: the partner that records are sent to; SENDS_NOTHING: none are.
    `pages`: pages of its own.
    `clock_checks(settings, facts, context)`: pure; the alerts that hold at this moment (None: it
    has nothing to say by the clock).
    """

    name: str
    title: str
    settings: type[BaseModel]
    jobs: tuple[Job, ...]
    inputs: tuple[Input, ...] = ()
    views: tuple[str, ...] = ()
    report_views: Mapping[str, str] = field(default_factory=dict)
    records: tuple[RecordType, ...] = ()
    decide: Callable[[Mapping[str, Table], Mapping[str, pl.DataFrame], Any, Context], Decision] = (
        lambda tables, views, settings, context: Decision({}, (), no_findings())
    )
    reports: Callable[
        [Plan, Mapping[str, pl.DataFrame], LineText, Any, Context], tuple[Report, ...]
    ] = lambda plan, views, line_text, settings, context: ()
    summary: Callable[[Plan, tuple[Report, ...]], list[tuple[str, int]]] = lambda plan, reports: []
    explain: Callable[
        [str, Mapping[str, Any], Mapping[str, pl.DataFrame]], list[tuple[str, str]]
    ] = lambda input, row, views: []
    own_views: Mapping[str, View] = field(default_factory=dict)
    carrying: Carrying | None = None
    absence: Absence = Absence()
    exports: tuple[Export, ...] = ()
    usual_sync: str = ""
    in_state: Callable[[str], Mapping[str, Any]] = lambda state: {}
    schedule: Schedule = field(default_factory=Schedule)
    outbound: Outbound = SENDS_NOTHING
    pages: tuple[Page, ...] = ()
    clock_checks: Callable[[Any, SyncFacts, Context], Iterable[Due]] | None = None

    @property
    def sends(self) -> bool:
        """Whether records are sent to this partner."""
        return bool(self.outbound.resources)

    @property
    def calls_an_api(self) -> bool:
        """Whether a sync of it needs a connection to an API: else it reads files."""
        return self.sends or any(input.resource for input in self.inputs)

    @property
    def scheduled_jobs(self) -> tuple[str, ...]:
        """The jobs that a schedule may start: those that are about nobody in particular."""
        return tuple(job.name for job in self.jobs if job.scope is Scope.ALL)

    def job(self, name: str) -> Job | None:
        """The job of that name; None where there is none, as of a run from before an update."""
        return next((job for job in self.jobs if job.name == name), None)

    def job_of(self, schedule: Schedule) -> str:
        """The job that a schedule starts."""
        return schedule.job or self.schedule.job or self.jobs[0].name
