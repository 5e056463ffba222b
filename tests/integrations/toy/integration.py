"""Bus passes: what the district's bus company says about who rides which bus.

The folder's table of contents: its file, its record type, and the functions that decide.
"""

from functools import partial

from rollcall.core.files.layouts import ReadOptions
from rollcall.core.integration import Absence, Export, Input, Integration
from rollcall.core.plans.views import view_of
from rollcall.integrations.toy.clock_checks import clock_checks
from rollcall.integrations.toy.explain import explain
from rollcall.integrations.toy.jobs import JOBS
from rollcall.integrations.toy.layout import PASSES
from rollcall.integrations.toy.models import BusPass
from rollcall.integrations.toy.pages import RIDERS
from rollcall.integrations.toy.reports import NOT_IN_FILE, reports, summary
from rollcall.integrations.toy.rules import NAME, PERSON, decide
from rollcall.integrations.toy.settings import ToySettings
from rollcall.records.types import record_type

BUS_PASS = record_type(BusPass)

INTEGRATION = Integration(
    name=NAME,
    title="Bus passes",
    settings=ToySettings,
    jobs=JOBS,
    inputs=(
        Input(
            name="passes",
            title="Bus passes",
            filename=lambda settings: settings.file,
            layout=lambda settings: PASSES,
            options=lambda settings: ReadOptions(),
            id_field="state_id",
            person=PERSON,
            required=True,
            records=(BUS_PASS.name,),
        ),
    ),
    views=("students", "match_decisions"),
    own_views={"bus_passes": view_of(BUS_PASS)},
    report_views={"bus_passes": BUS_PASS.name},
    records=(BUS_PASS,),
    decide=partial(decide, bus_pass=BUS_PASS),
    reports=reports,
    summary=summary,
    explain=explain,
    absence=Absence(reports=(NOT_IN_FILE,)),
    exports=(Export("bus_passes", BUS_PASS),),
    pages=(RIDERS,),
    clock_checks=clock_checks,
)
