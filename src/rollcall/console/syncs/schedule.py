"""The schedule of a sync: in words, its next times, whether it is enabled, and the editor with a
preview before anything is saved. As seed 001 has it: days, time, and a switch that says its state.
"""

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame import problems
from rollcall.console.frame.asked import number
from rollcall.console.frame.visit import Visit
from rollcall.console.syncs.sync_frame import frame, sync_of
from rollcall.core.problems import Problem
from rollcall.core.settings.schedule import DAYS, Schedule
from rollcall.core.settings.schedule_preview import Preview, from_form
from rollcall.engine import registry
from rollcall.engine.models import Sync
from rollcall.engine.settings import schedule_editor
from rollcall.engine.settings.config import Mistakes, schedule_settings

#: Free fields after those in use, so that a time or a blackout can be added.
_MORE = 2
_NAMES = {
    "mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday",
    "sat": "Saturday", "sun": "Sunday",
}  # fmt: skip
_FREQUENCIES = (
    ("weekly", "On days of the week"),
    ("daily", "Every day"),
    ("monthly", "On days of the month"),
)
#: The times the field offers; any other can be typed.
TIMES = [
    f"{hour % 12 or 12}:{minute:02} {'am' if hour < 12 else 'pm'}"
    for hour in range(24)
    for minute in (0, 30)
]


@dataclass(frozen=True)
class Editor:
    """What the fields of the editor hold. `blackouts`: (first, last) days; the last of each list
    are free. `job`: which is chosen, "" when none is.
    """

    frequency: str
    days: list[tuple[str, str, bool]]
    month_days: str
    times: list[str]
    blackouts: list[tuple[str, str]]
    job: str = ""

    @property
    def frequencies(self) -> list[tuple[str, str, bool]]:
        """Value, words, chosen."""
        return [(value, words, value == self.frequency) for value, words in _FREQUENCIES]


def schedule(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """The schedule in force and, for who may change it, the editor."""
    sync = sync_of(visit, name)
    preview = schedule_editor.present(sync, visit.clock)
    version = sync.version.number
    return _page(request, visit, sync, _of_schedule(preview.schedule), preview, version)


def preview(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """What the editor's fields would do, while they are filled; saves nothing."""
    sync = sync_of(visit, name)
    given = _given(request.POST, sync)
    now = schedule_editor.preview(sync, given, visit.clock)
    shown = {
        "preview": now,
        "errors": _errors(now),
        "unsaved": given != _saved(sync),
    }
    return render(request, "syncs/parts/schedule_preview.html", shown)


def save(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """Save the editor's fields as a version of the sync."""
    sync = sync_of(visit, name)
    given, based_on = _given(request.POST, sync), number(request.POST, "based_on")
    try:
        became = schedule_editor.save(sync, given, visit.clock, visit.user.email, based_on)
    except Mistakes:
        again = schedule_editor.preview(sync, given, visit.clock)
        return _page(request, visit, sync, _of_sent(request.POST), again, based_on or 0)
    except Problem as problem:
        problems.say(request, problem)
    else:
        _tell(request, visit, sync, became)
    return redirect(visit.url("schedule", name=name))


def enable(request: HttpRequest, visit: Visit, name: str) -> HttpResponseRedirect:
    """Let the sync run by itself."""
    sync = sync_of(visit, name)
    try:
        _tell(request, visit, sync, schedule_editor.enable(sync, visit.clock, visit.user.email))
    except Mistakes as mistakes:
        why = "; ".join(mistakes.places.values())
        messages.error(request, f"It was not enabled: {why}. Choose days and a time, and save.")
    return redirect(visit.url("schedule", name=name))


def disable(request: HttpRequest, visit: Visit, name: str) -> HttpResponseRedirect:
    """Let the sync run only when somebody starts it."""
    sync = sync_of(visit, name)
    _tell(request, visit, sync, schedule_editor.disable(sync, visit.clock, visit.user.email))
    return redirect(visit.url("schedule", name=name))


def _tell(request: HttpRequest, visit: Visit, sync: Sync, became: str) -> None:
    if became == "same":
        messages.info(request, "Nothing was changed.")
        return
    now = schedule_editor.present(sync, visit.clock)
    visit.note(Action.CHANGED, f"schedule of {sync.name}", version=sync.version.number)
    if now.schedule.enabled:
        messages.success(request, f"Saved and enabled: {now.sentence}.")
    else:
        messages.success(request, "Saved. The schedule is disabled: it does not run by itself.")


def _page(
    request: HttpRequest, visit: Visit, sync: Sync, editor: Editor, preview: Preview, based_on: int
) -> HttpResponse:
    shown = frame(visit, sync, "schedule")
    present = schedule_editor.present(sync, visit.clock)
    return render(
        request,
        "syncs/schedule.html",
        {
            **shown,
            "present": present,
            "editor": editor,
            "preview": preview,
            "errors": _errors(preview),
            "unsaved": preview.errors or preview.schedule != present.schedule,
            "based_on": based_on,
            "times": TIMES,
            "jobs": _jobs(sync, editor),
            "starts": schedule_editor.job_of(sync, present.schedule),
        },
    )


#: The fields of the editor by their names in the configuration, for mistakes.
_LABELS = {
    "days": "Days",
    "month_days": "Days of the month",
    "at": "Time of day",
    "blackout": "Blackout dates",
    "frequency": "How often",
    "job": "What it starts",
}


def _jobs(sync: Sync, editor: Editor) -> list[tuple[str, str, bool]]:
    """Value, title, chosen, of the jobs that the schedule may start; none where one is all."""
    jobs = schedule_editor.jobs(sync)
    chosen = registry.integration(sync.integration).job_of(Schedule(job=editor.job))
    return [(name, title, name == chosen) for name, title in jobs.items()] if len(jobs) > 1 else []


def _errors(preview: Preview) -> list[tuple[str, str]]:
    """The mistakes of a preview: (words of the field or "", what is wrong)."""
    return [(_LABELS.get(field, ""), what) for field, what in preview.errors.items()]


def _saved(sync: Sync) -> dict[str, Any]:
    """The schedule in force, in the form `from_form` gives."""
    given = schedule_settings(sync.integration, sync.version.config)
    return from_form(Schedule.model_validate(given).model_dump(mode="json"))


def _given(sent: QueryDict, sync: Sync) -> dict[str, Any]:
    """The schedule that was sent; enabled as it is now, unless it says to enable it too."""
    enabled = sent.get("enable") == "yes" or _saved(sync)["enabled"]
    return from_form(
        {
            "frequency": sent.get("frequency"),
            "job": sent.get("job"),
            "days": sent.getlist("days"),
            "month_days": sent.get("month_days", "").lower(),
            "at": sent.getlist("at"),
            "blackout": [_days(*pair) for pair in _pairs(sent)],
            "enabled": enabled,
        }
    )


def _pairs(sent: QueryDict) -> list[tuple[str, str]]:
    firsts, lasts = sent.getlist("blackout_first"), sent.getlist("blackout_last")
    return list(zip(firsts, lasts, strict=False))


def _days(first: str, last: str) -> str:
    """A blackout as the configuration has it; one day when the other is left empty."""
    first, last = first or last, last or first
    return first if first == last else f"{first} to {last}"


def _of_schedule(schedule: Schedule) -> Editor:
    times = [f"{at.hour % 12 or 12}:{at:%M} {'am' if at.hour < 12 else 'pm'}" for at in schedule.at]
    outs = [
        (str(out.first), "" if out.first == out.last else str(out.last))
        for out in schedule.blackout
    ]
    month_days = ", ".join(map(str, schedule.month_days))
    editor = _editor(schedule.frequency, list(schedule.days), month_days, times, outs)
    return replace(editor, job=schedule.job)


def _of_sent(sent: QueryDict) -> Editor:
    editor = _editor(
        sent.get("frequency", "weekly"),
        sent.getlist("days"),
        sent.get("month_days", ""),
        [time for time in sent.getlist("at") if time.strip()],
        [pair for pair in _pairs(sent) if any(pair)],
    )
    return replace(editor, job=sent.get("job", ""))


def _editor(
    frequency: str, days: list[str], month_days: str, times: list[str], outs: list[tuple[str, str]]
) -> Editor:
    named = [(day, _NAMES[day], day in days) for day in DAYS]
    free = [("", "")] * _MORE
    return Editor(frequency, named, month_days, [*times, *[""] * _MORE], [*outs, *free])
