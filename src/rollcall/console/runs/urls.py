"""The addresses of runs and of their review."""

from rollcall.access.roles import Ability
from rollcall.console.frame.routes import GET, POST, page
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

_RUN = "runs/<number:number>"
_VIEW, _BOTH = Ability.VIEW, (GET, POST)

urlpatterns = [
    page("runs/", runs.runs, name="runs", needs=_VIEW),
    page("runs.csv", runs.runs_csv, name="runs-csv", needs=_VIEW),
    page(f"{_RUN}/", run.run, name="run", needs=_VIEW),
    page(f"{_RUN}/rows/", run_rows.rows, name="run-rows", needs=_VIEW, methods=_BOTH),
    page(f"{_RUN}/rows.csv", run_rows.rows_csv, name="run-rows-csv", needs=_VIEW),
    page(f"{_RUN}/rows/<name:input>/<number:line>/", run_rows.row, name="run-row", needs=_VIEW),
    page(
        f"{_RUN}/rows/<name:input>/<number:line>.csv",
        run_rows.row_csv,
        name="run-row-csv",
        needs=_VIEW,
    ),
    page(f"{_RUN}/changes/", run_changes.changes, name="run-changes", needs=_VIEW, methods=_BOTH),
    page(f"{_RUN}/changes.csv", run_changes.changes_csv, name="run-changes-csv", needs=_VIEW),
    page(f"{_RUN}/findings/", run_findings.findings, name="run-findings", needs=_VIEW),
    page(f"{_RUN}/findings.csv", run_findings.findings_csv, name="run-findings-csv", needs=_VIEW),
    page(f"{_RUN}/findings/rows/", run_findings.cause, name="run-cause", needs=_VIEW),
    page(f"{_RUN}/findings/rows.csv", run_findings.cause_csv, name="run-cause-csv", needs=_VIEW),
    page(f"{_RUN}/reports/", run_reports.reports, name="run-reports", needs=_VIEW),
    page(f"{_RUN}/reports.csv", run_reports.reports_csv, name="run-reports-csv", needs=_VIEW),
    page(f"{_RUN}/reports/<name:report>", run_reports.report, name="run-report", needs=_VIEW),
    page(f"{_RUN}/failed-rows/", run_reports.failed, name="run-failed", needs=_VIEW),
    page(
        f"{_RUN}/failed-rows/send/",
        run_reports.correct,
        name="run-correct",
        needs=Ability.RUN,
        methods=[POST],
    ),
    page(
        f"{_RUN}/failed-rows/<name:file>",
        run_reports.failed_file,
        name="run-failed-file",
        needs=_VIEW,
    ),
    page(f"{_RUN}/mail/", run_mail.mail, name="run-mail", needs=_VIEW),
    page(f"{_RUN}/mail.csv", run_mail.mail_csv, name="run-mail-csv", needs=_VIEW),
    page(f"{_RUN}/settings/", run_settings.settings, name="run-settings", needs=_VIEW),
    page(f"{_RUN}/settings.csv", run_settings.settings_csv, name="run-settings-csv", needs=_VIEW),
    page(f"{_RUN}/limits.csv", run_settings.limits_csv, name="run-limits-csv", needs=_VIEW),
    page(f"{_RUN}/files.csv", run_settings.inputs_csv, name="run-files-csv", needs=_VIEW),
    page(f"{_RUN}/undo/", run_undo.undo, name="run-undo", needs=Ability.APPROVE, methods=_BOTH),
    page(f"{_RUN}/review/", review.review, name="review", needs=_VIEW),
    page(
        f"{_RUN}/review/choose/",
        review.choose,
        name="review-choose",
        needs=Ability.APPROVE,
        methods=[POST],
    ),
    page(
        f"{_RUN}/review/approve/",
        review.approve,
        name="review-approve",
        needs=Ability.APPROVE,
        methods=[POST],
    ),
    page(
        f"{_RUN}/review/discard/",
        review.discard,
        name="review-discard",
        needs=Ability.APPROVE,
        methods=[POST],
    ),
]
