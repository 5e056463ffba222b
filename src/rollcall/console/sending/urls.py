"""The addresses of syncs that send: data flow, documents, near real time, jobs, rules."""

from rollcall.access.roles import Ability
from rollcall.console.frame.routes import GET, POST, pages_for
from rollcall.console.sending import flow, flow_documents, jobs

_viewers = pages_for(Ability.VIEW)
_operators = pages_for(Ability.RUN, POST)
_editors = pages_for(Ability.EDIT_RECORDS, POST)
_admins = pages_for(Ability.ADMINISTER, POST)
_FLOW, _STUDENT = "syncs/<name:sender>/flow", "students/<number:id>/sent/"

urlpatterns = [
    _viewers(f"{_FLOW}/", flow.flow, "flow"),
    _viewers(f"{_FLOW}.csv", flow.flow_csv, "flow-csv"),
    _viewers(f"{_FLOW}/documents/", flow_documents.documents, "flow-documents"),
    _viewers(f"{_FLOW}/documents.csv", flow_documents.documents_csv, "flow-documents-csv"),
    _admins(f"{_FLOW}/live/", flow.near_real_time, "flow-live"),
    _operators(f"{_FLOW}/job/", jobs.run_job, "flow-job"),
    _editors(f"{_FLOW}/level-2/", flow.upload_rules, "flow-rules"),
    _editors(f"{_FLOW}/level-2/looked/", flow.mark_checked, "flow-looked"),
    _viewers(_STUDENT, flow_documents.of_student, "student-sent"),
    _operators(f"{_STUDENT}<name:sender>/remove/", jobs.remove_student, "student-remove", GET),
]
