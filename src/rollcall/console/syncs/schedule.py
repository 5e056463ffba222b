"""The schedule of a sync: in words, its next times, whether it is enabled, and the editor with a
preview before anything is saved. As seed 001 describes it: days, time, and a switch with its state.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame import problems
from rollcall.console.frame.request_values import number
from rollcall.console.frame.visit import Visit
from rollcall.console.syncs.sync_head import head, sync_of
from rollcall.core.problems import Problem
from rollcall.core.settings.schedule import DAYS, Schedule
from rollcall.core.settings.schedule_preview import Preview, from_form
from rollcall.engine import registry
from rollcall.engine.models import Sync
from rollcall.engine.settings import schedule_editor
from rollcall.engine.settings.config import Mistakes, schedule_settings

#: Empty fields after those in use, so that a time or a blackout can be added.
_EMPTY_FIELDS = 2
_DAY_NAMES = {
    "mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday",
    "sat": "Saturday", "sun": "Sunday",
}  # fmt: skip
_FREQUENCIES = (
    ("weekly", "On days of the week"),
    ("daily", "Every day"),
    ("monthly", "On days of the month"),
    ("interval", "At an interval"),
)
#: The times the field offers; any other can be typed.
TIMES = [
    f"{hour % 12 or 12}:{minute:02} {'am' if hour < 12 else 'pm'}"
    for hour in range(24)
    for minute in (0, 30)
]
#: The labels of the editor's fields by their names in the configuration, for mistakes.
_LABELS = {
    "days": "Days",
    "month_days": "Days of the month",
    "every_seconds": "Seconds between two starts",
    "at": "Time of day",
    "blackout": "Blackout dates",
    "frequency": "How often",
    "job": "What it starts",
}


@dataclass(frozen=True)
class Editor:
    """The values of the editor's fields. `blackouts`: (first, last) days. `job`: "" when none is
    chosen.
    """

    frequency: str
    days: list[str]
    month_days: str
    every_seconds: str
    times: list[str]
    blackouts: list[tuple[str, str]]
    job: str

    @property
    def frequency_choices(self) -> list[tuple[str, str, bool]]:
        """Value, words, chosen."""
        return [(value, words, value == self.frequency) for value, words in _FREQUENCIES]

    @property
    def day_choices(self) -> list[tuple[str, str, bool]]:
        """Value, words, chosen."""
        return [(day, _DAY_NAMES[day], day in self.days) for day in DAYS]

    @property
    def time_fields(self) -> list[str]:
        """The times, and empty fields for more."""
        return [*self.times, *[""] * _EMPTY_FIELDS]

    @property
    def blackout_fields(self) -> list[tuple[str, str]]:
        """The blackouts, and empty fields for more."""
        return [*self.blackouts, *[("", "")] * _EMPTY_FIELDS]


def schedule(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """The schedule in force and, for those who can change it, the editor."""
    sync = sync_of(visit, name)
    preview = schedule_editor.present(sync, visit.clock)
    editor = _editor_of(preview.schedule)
    return _page(request, visit, sync, editor, preview, sync.version.number)


def preview(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """What the editor's fields would do, while they are filled; saves nothing."""
    sync = sync_of(visit, name)
    sent = _sent(request.POST, sync)
    preview = schedule_editor.preview(sync, sent, visit.clock)
    context = {
        "preview": preview,
        "errors": _errors(preview),
        "unsaved": sent != _saved(sync),
    }
    return render(request, "syncs/parts/schedule_preview.html", context)


def save(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """Save the editor's fields as a version of the sync."""
    sync = sync_of(visit, name)
    sent, based_on = _sent(request.POST, sync), number(request.POST, "based_on")
    try:
        outcome = schedule_editor.save(sync, sent, visit.clock, visit.user.email, based_on)
    except Mistakes:
        preview = schedule_editor.preview(sync, sent, visit.clock)
        editor = Editor(
            frequency=request.POST.get("frequency", "weekly"),
            days=request.POST.getlist("days"),
            month_days=request.POST.get("month_days", ""),
            every_seconds=request.POST.get("every_seconds", ""),
            times=[time for time in request.POST.getlist("at") if time.strip()],
            blackouts=[pair for pair in _blackouts(request.POST) if any(pair)],
            job=request.POST.get("job", ""),
        )
        return _page(request, visit, sync, editor, preview, based_on or 0)
    except Problem as problem:
        problems.say(request, problem)
    else:
        _say_saved(request, visit, sync, outcome)
    return redirect(visit.url("schedule", name=name))


def enable(request: HttpRequest, visit: Visit, name: str) -> HttpResponseRedirect:
    """Let the sync run at its times."""
    sync = sync_of(visit, name)
    try:
        outcome = schedule_editor.enable(sync, visit.clock, visit.user.email)
    except Mistakes as mistakes:
        why = "; ".join(mistakes.places.values())
        messages.error(
            request, f"The schedule was not enabled: {why}. Choose days and a time, then save."
        )
    else:
        _say_saved(request, visit, sync, outcome)
    return redirect(visit.url("schedule", name=name))


def disable(request: HttpRequest, visit: Visit, name: str) -> HttpResponseRedirect:
    """Let the sync run only when a person starts it."""
    sync = sync_of(visit, name)
    _say_saved(request, visit, sync, schedule_editor.disable(sync, visit.clock, visit.user.email))
    return redirect(visit.url("schedule", name=name))


def _say_saved(request: HttpRequest, visit: Visit, sync: Sync, outcome: str) -> None:
    if outcome == "same":
        messages.info(request, "Nothing was changed.")
        return
    saved = schedule_editor.present(sync, visit.clock)
    visit.note(Action.CHANGED, f"schedule of {sync.name}", version=sync.version.number)
    if saved.schedule.enabled:
        messages.success(request, f"Saved and enabled: {saved.sentence}.")
    else:
        messages.success(
            request, "Saved. The schedule is disabled: the sync does not run automatically."
        )


def _page(
    request: HttpRequest, visit: Visit, sync: Sync, editor: Editor, preview: Preview, based_on: int
) -> HttpResponse:
    present = schedule_editor.present(sync, visit.clock)
    jobs = schedule_editor.jobs(sync)
    chosen = registry.integration(sync.integration).job_of(Schedule(job=editor.job))
    context = {
        **head(visit, sync, "schedule"),
        "present": present,
        "editor": editor,
        "preview": preview,
        "errors": _errors(preview),
        "unsaved": preview.errors or preview.schedule != present.schedule,
        "based_on": based_on,
        "times": TIMES,
        "job_choices": [(job, title, job == chosen) for job, title in jobs.items()],
        "starts": schedule_editor.job_of(sync, present.schedule),
    }
    return render(request, "syncs/schedule.html", context)


def _errors(preview: Preview) -> list[tuple[str, str]]:
    """The mistakes of a preview: (label of the field or "", what is wrong)."""
    return [(_LABELS.get(field, ""), text) for field, text in preview.errors.items()]


def _saved(sync: Sync) -> dict[str, Any]:
    """The schedule in force, in the form `from_form` gives."""
    saved = schedule_settings(sync.integration, sync.version.config)
    return from_form(Schedule.model_validate(saved).model_dump(mode="json"))


def _sent(form: QueryDict, sync: Sync) -> dict[str, Any]:
    """The schedule that was sent; enabled as it is, unless it says to enable it too."""
    blackouts = [(first or last, last or first) for first, last in _blackouts(form)]
    return from_form(
        {
            "frequency": form.get("frequency"),
            "job": form.get("job"),
            "days": form.getlist("days"),
            "month_days": form.get("month_days", "").lower(),
            "every_seconds": form.get("every_seconds", "").strip(),
            "at": form.getlist("at"),
            "blackout": [
                first if first == last else f"{first} to {last}" for first, last in blackouts
            ],
            "enabled": form.get("enable") == "yes" or _saved(sync)["enabled"],
        }
    )


def _blackouts(form: QueryDict) -> list[tuple[str, str]]:
    """The (first, last) days that were sent; either can be empty."""
    firsts, lasts = form.getlist("blackout_first"), form.getlist("blackout_last")
    return list(zip(firsts, lasts, strict=False))


def _editor_of(schedule: Schedule) -> Editor:
    return Editor(
        frequency=schedule.frequency,
        days=list(schedule.days),
        month_days=", ".join(map(str, schedule.month_days)),
        every_seconds=str(schedule.every_seconds or ""),
        times=[
            f"{at.hour % 12 or 12}:{at:%M} {'am' if at.hour < 12 else 'pm'}" for at in schedule.at
        ],
        blackouts=[
            (str(days.first), "" if days.first == days.last else str(days.last))
            for days in schedule.blackout
        ],
        job=schedule.job,
    )
