"""Ed-Fi: the state's API for student records, as Minnesota has it ("Counting All Students").

The folder's table of contents: which documents it sends, how they are made, and the batch jobs.
"""

from rollcall.core.integration import Integration
from rollcall.core.jobs import Refresh, Scope, sending
from rollcall.core.sending.outbound import Outbound
from rollcall.core.settings.schedule import Schedule
from rollcall.integrations.edfi import rules_report_reader
from rollcall.integrations.edfi.api import API
from rollcall.integrations.edfi.clock_checks import clock_checks
from rollcall.integrations.edfi.resources import RESOURCES
from rollcall.integrations.edfi.rules import VIEWS, check_all, documents
from rollcall.integrations.edfi.settings import EdfiSettings, notifications
from rollcall.transports.http_json.channel import JsonChannel

JOBS = (
    sending(
        name="start_year",
        title="Start Year",
        help="Sends all students' records of the school year for the first time. When it has "
        "completed, near real time can be turned on.",
        refresh=Refresh.ONCE,
        enables_near_real_time=True,
    ),
    sending(
        name="update_grade",
        title="Update Grade",
        help="Sends all changes for the students of one grade, and removes from the state what is "
        "no longer in their records.",
        scope=Scope.GRADE,
        removes=True,
    ),
    sending(
        name="update_student",
        title="Update Student",
        help="Reads the state's records of one student and makes them equal to yours. The usual "
        "repair when a student looks wrong at the state.",
        scope=Scope.STUDENT,
        refresh=Refresh.ALWAYS,
        removes=True,
    ),
    sending(
        name="delete_student",
        title="Delete Student",
        help="Removes one student's enrollments, demographics and programs of the year from the "
        "state, such as for a student who never came. Your own records stay as they are, and so "
        "does the student's number at the state.",
        scope=Scope.STUDENT,
        refresh=Refresh.ALWAYS,
        removes=True,
        clears_scope=True,
    ),
    sending(
        name="resynchronize",
        title="Resynchronize",
        help="Reads all your records at the state and sends, corrects or removes what differs from "
        "yours. Run it weekly, and two weeks and one week before a deadline.",
        refresh=Refresh.ALWAYS,
        removes=True,
    ),
)

#: Facts 3.4: a state expects a full comparison every week. Off until a person enables it.
SCHEDULE = Schedule.model_validate({"days": ["sun"], "at": ["02:00"], "job": "resynchronize"})

INTEGRATION = Integration(
    name="edfi",
    title="Ed-Fi (state reporting)",
    settings=EdfiSettings,
    jobs=JOBS,
    views=VIEWS,
    records=tuple(resource.record for resource in RESOURCES),
    clock_checks=clock_checks,
    outbound=Outbound(
        resources=RESOURCES,
        views=VIEWS,
        documents=documents,
        channel=lambda opening: JsonChannel(opening, API, RESOURCES),
        removals=lambda settings: settings.most_removals,
        rules=rules_report_reader.REPORT,
        notifications=notifications,
        check_all=check_all,
    ),
    schedule=SCHEDULE,
)
