"""The addresses of syncs that send: data flow, documents, near real time, jobs, rules."""

from rollcall.access.roles import Ability
from rollcall.console.frame.routes import POST, page
from rollcall.console.sending import flow, flow_documents, jobs

_FLOW, _STUDENT = "syncs/<name:sender>/flow", "students/<number:id>/sent/"
_VIEW, _RUN, _EDIT = Ability.VIEW, Ability.RUN, Ability.EDIT_RECORDS
_POST = (POST,)

urlpatterns = [
    page(f"{_FLOW}/", flow.flow, name="flow", needs=_VIEW),
    page(f"{_FLOW}.csv", flow.flow_csv, name="flow-csv", needs=_VIEW),
    page(f"{_FLOW}/documents/", flow_documents.documents, name="flow-documents", needs=_VIEW),
    page(
        f"{_FLOW}/documents.csv",
        flow_documents.documents_csv,
        name="flow-documents-csv",
        needs=_VIEW,
    ),
    page(
        f"{_FLOW}/live/",
        flow.near_real_time,
        name="flow-live",
        needs=Ability.ADMINISTER,
        methods=_POST,
    ),
    page(f"{_FLOW}/job/", jobs.run_job, name="flow-job", needs=_RUN, methods=_POST),
    page(f"{_FLOW}/level-2/", flow.upload_rules, name="flow-rules", needs=_EDIT, methods=_POST),
    page(
        f"{_FLOW}/level-2/looked/",
        flow.mark_checked,
        name="flow-looked",
        needs=_EDIT,
        methods=_POST,
    ),
    page(_STUDENT, flow_documents.of_student, name="student-sent", needs=_VIEW),
    page(
        f"{_STUDENT}<name:sender>/remove/",
        jobs.remove_student,
        name="student-remove",
        needs=_RUN,
    ),
]
