"""The steps of a run that reads files into the records (core.jobs.IMPORT)."""

from collections.abc import Mapping

from rollcall.core.disk_room import to_store
from rollcall.core.jobs import MATCH
from rollcall.engine import artifacts
from rollcall.engine.installation import disk_room
from rollcall.engine.models import Artifact, Run, RunState
from rollcall.engine.plans import carry_over, plan_store
from rollcall.engine.plans.planning import Planned, context_of, make_plan
from rollcall.engine.runs.applying import apply
from rollcall.engine.runs.inputs.fetching import FILE_UNCHANGED, fetch, same_as_last, without_size
from rollcall.engine.runs.inputs.reading import NOTHING_READ, Read, read
from rollcall.engine.runs.reporting import report
from rollcall.engine.runs.results import single_finding
from rollcall.engine.runs.run_timing import estimated_rows
from rollcall.engine.runs.steps import Done, RunFacts


def fetch_files(facts: RunFacts, _: object) -> Done:
    """Store the inputs; the same bytes as last time end the run."""
    run = facts.run
    inputs = fetch(run, facts.integration, facts.settings, facts.clock)
    unchanged = not run.forced and same_as_last(run, inputs)
    news = [single_finding(FILE_UNCHANGED, "")] if unchanged else []
    if unchanged and not run.test:
        # At an interval it is no news that nothing new has come.
        schedule = run.version.config.get("schedule", {})
        if run.started_by == "schedule" and schedule.get("frequency") == "interval":
            _forget_earlier_looks(run)
            return Done(state=RunState.UNCHANGED)
        return Done(findings=news, state=RunState.UNCHANGED)
    return Done(inputs, findings=[*news, *without_size(inputs)])


def _forget_earlier_looks(run: Run) -> None:
    """Of the looks of a sync that found nothing new, keep the last alone: there are thousands a
    day.
    """
    alike = Run.objects.filter(sync=run.sync_id, state=RunState.UNCHANGED, started_by="schedule")
    for earlier in alike.filter(pk__lt=run.pk, findings=[]):
        artifacts.forget(earlier)
        earlier.delete()


def read_files(facts: RunFacts, inputs: Mapping[str, Artifact]) -> Done:
    """Read what is to be decided."""
    disk_room.check(to_store(sum(input.size for input in inputs.values())))
    facts.row.expect(estimated_rows(inputs.values()))
    return Done(read(facts.run, facts.integration, facts.settings, inputs, facts.row.rows))


def match_and_plan(facts: RunFacts, rows: Read | None) -> Done:
    """Decide everything, write nothing."""
    rows, run, integration = rows or NOTHING_READ, facts.run, facts.integration
    context = context_of(run, facts.clock)
    planned = carry_over.make_plan(run, integration, rows.remembered, rows.others, context)
    planned = planned or make_plan(run, integration, facts.settings, rows.tables, context)
    return Done(planned, fields={"carried": planned.carried, "carried_from": planned.carried_from})


def write_plan(facts: RunFacts, planned: Planned) -> Done:
    """Write what is planned, or plan again when records have moved."""
    is_written = apply(facts, planned)
    return Done() if is_written else Done(again=MATCH)


def make_reports(facts: RunFacts, _: object) -> Done:
    """Make the reports of the stored plan."""
    return Done(summary=report(facts, plan_store.load(facts.run, facts.integration.records)))
