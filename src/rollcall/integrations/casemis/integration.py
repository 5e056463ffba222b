"""CASEMIS: California's special-education files, as student information systems import them.

The folder's table of contents: its files, its record types, and the functions that decide.
"""

from functools import partial

from rollcall.core.integration import Absence, Export, Input, Integration
from rollcall.core.jobs import importing
from rollcall.core.plans.carry_over import Carrying
from rollcall.integrations.casemis import carrying
from rollcall.integrations.casemis.explain import explain
from rollcall.integrations.casemis.layout import TABLE_A, table_b
from rollcall.integrations.casemis.models import Service, SpecialEducation
from rollcall.integrations.casemis.reports import NOT_IN_FILE, reports, summary
from rollcall.integrations.casemis.rules import NAME, SERVICES_SHIELDED, WITHOUT_SERVICES, decide
from rollcall.integrations.casemis.settings import CasemisSettings
from rollcall.integrations.casemis.views import STANDINGS
from rollcall.records.types import record_type

SPECIAL_EDUCATION, SERVICE = record_type(SpecialEducation), record_type(Service)

INTEGRATION = Integration(
    name=NAME,
    title="CASEMIS special education",
    settings=CasemisSettings,
    jobs=(importing(),),
    inputs=(
        Input(
            name="students",
            title="Student Data (Table A)",
            filename=lambda settings: settings.students_file,
            layout=lambda settings: TABLE_A,
            options=lambda settings: settings.options,
            id_field="state_id",
            person=("state_id", "last_name", "first_name", "birth_date"),
            required=True,
            records=(SPECIAL_EDUCATION.name,),
        ),
        Input(
            name="services",
            title="Student Services Data (Table B)",
            filename=lambda settings: settings.services_file,
            layout=lambda settings: table_b(settings.services_columns),
            options=lambda settings: settings.options,
            id_field="state_id",
            person=("state_id",),
            records=(SERVICE.name,),
        ),
    ),
    views=("students", "calendar", "match_decisions"),
    own_views={"special_education": STANDINGS},
    report_views={"special_education": "special_education"},
    records=(SPECIAL_EDUCATION, SERVICE),
    decide=partial(decide, special_education=SPECIAL_EDUCATION, service=SERVICE),
    reports=reports,
    summary=summary,
    explain=explain,
    exports=(Export("special_education", SPECIAL_EDUCATION), Export("services", SERVICE)),
    absence=Absence(
        findings=(SERVICES_SHIELDED, WITHOUT_SERVICES),
        reports=(NOT_IN_FILE,),
        numbers=("Students: not in file",),
    ),
    carrying=Carrying(
        input="students",
        record=SPECIAL_EDUCATION.name,
        rules=carrying.RULES,
        id="state_id",
        fitting=carrying.fitting,
        narrowed=("students",),
        needed=carrying.needed,
        claims=carrying.claims,
    ),
)
