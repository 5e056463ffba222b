"""The addresses of runs and of their review."""

from rollcall.access.roles import Ability
from rollcall.console.frame.routes import GET, POST, pages_for
from rollcall.console.runs import (
    review,
    run,
    run_changes,
    run_findings,
    run_mail,
    run_reports,
    run_rows,
    run_settings,
    run_undo,
    runs,
)

_viewers = pages_for(Ability.VIEW)
_operators = pages_for(Ability.RUN, POST)
_approvers = pages_for(Ability.APPROVE, POST)
_RUN = "runs/<number:number>"
_ROW = f"{_RUN}/rows/<name:input>/<number:line>"

urlpatterns = [
    _viewers("runs/", runs.runs, "runs"),
    _viewers("runs.csv", runs.runs_csv, "runs-csv"),
    _viewers(f"{_RUN}/", run.run, "run"),
    _viewers(f"{_RUN}/rows/", run_rows.rows, "run-rows", GET, POST),
    _viewers(f"{_RUN}/rows.csv", run_rows.rows_csv, "run-rows-csv"),
    _viewers(f"{_ROW}/", run_rows.row, "run-row"),
    _viewers(f"{_ROW}.csv", run_rows.row_csv, "run-row-csv"),
    _viewers(f"{_RUN}/changes/", run_changes.changes, "run-changes", GET, POST),
    _viewers(f"{_RUN}/changes.csv", run_changes.changes_csv, "run-changes-csv"),
    _viewers(f"{_RUN}/findings/", run_findings.findings, "run-findings"),
    _viewers(f"{_RUN}/findings.csv", run_findings.findings_csv, "run-findings-csv"),
    _viewers(f"{_RUN}/findings/rows/", run_findings.cause, "run-cause"),
    _viewers(f"{_RUN}/findings/rows.csv", run_findings.cause_csv, "run-cause-csv"),
    _viewers(f"{_RUN}/reports/", run_reports.reports, "run-reports"),
    _viewers(f"{_RUN}/reports.csv", run_reports.reports_csv, "run-reports-csv"),
    _viewers(f"{_RUN}/reports/<name:report>", run_reports.report, "run-report"),
    _viewers(f"{_RUN}/failed-rows/", run_reports.failed, "run-failed"),
    _operators(f"{_RUN}/failed-rows/send/", run_reports.correct, "run-correct"),
    _viewers(f"{_RUN}/failed-rows/<name:file>", run_reports.failed_file, "run-failed-file"),
    _viewers(f"{_RUN}/mail/", run_mail.mail, "run-mail"),
    _viewers(f"{_RUN}/mail.csv", run_mail.mail_csv, "run-mail-csv"),
    _viewers(f"{_RUN}/settings/", run_settings.settings, "run-settings"),
    _viewers(f"{_RUN}/settings.csv", run_settings.settings_csv, "run-settings-csv"),
    _viewers(f"{_RUN}/limits.csv", run_settings.limits_csv, "run-limits-csv"),
    _viewers(f"{_RUN}/files.csv", run_settings.inputs_csv, "run-files-csv"),
    _approvers(f"{_RUN}/undo/", run_undo.undo, "run-undo", GET, POST),
    _viewers(f"{_RUN}/review/", review.review, "review"),
    _approvers(f"{_RUN}/review/choose/", review.choose, "review-choose"),
    _approvers(f"{_RUN}/review/approve/", review.approve, "review-approve"),
    _approvers(f"{_RUN}/review/discard/", review.discard, "review-discard"),
]
