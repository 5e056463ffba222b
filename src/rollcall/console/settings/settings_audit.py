"""Settings, audit log: who saw, exported, approved and changed what."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from rollcall.access.audit import Action
from rollcall.access.models import AuditEntry, Membership
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.paging import page_of, query_with
from rollcall.console.frame.visit import Visit
from rollcall.console.settings.settings import section

_PAGE = "settings-audit"
_HEADER = ("Time", "Person", "Action", "What", "Detail")
_ACTIONS = [("", "Any"), *((str(action), str(action).capitalize()) for action in Action)]
_DAY = forms.DateInput({"type": "date"})


class Filters(forms.Form):
    """The filters of the log; what is not understood filters nothing."""

    who = forms.CharField(label="Person", required=False, max_length=254)
    action = forms.ChoiceField(label="Action", choices=_ACTIONS, required=False)
    since = forms.DateField(label="From", required=False, widget=_DAY)
    until = forms.DateField(label="To", required=False, widget=_DAY)

    def narrow(self, entries: QuerySet[AuditEntry], zone: str) -> QuerySet[AuditEntry]:
        """The entries that pass; days are the district's."""
        self.is_valid()
        values = self.cleaned_data
        if who := values.get("who"):
            entries = entries.filter(who=who.strip())
        if action := values.get("action"):
            entries = entries.filter(action=action)
        if since := values.get("since"):
            entries = entries.filter(at__gte=_midnight(since, zone))
        if (until := values.get("until")) and until < date.max:
            entries = entries.filter(at__lt=_midnight(until + timedelta(days=1), zone))
        return entries


def audit(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The log, the newest first."""
    filters = Filters(request.GET)
    page = page_of(request, filters.narrow(_entries_of(visit), visit.district.timezone))
    members = Membership.objects.filter(district=visit.district).order_by("user__email")
    context: dict[str, Any] = {
        "filters": filters,
        "filtered": any(filters.cleaned_data.values()),
        "people": list(members.values_list("user__email", flat=True)),
        "page": page,
        "rows": [(entry, _detail(entry)) for entry in page.items],
        "csv": visit.url("settings-audit-csv") + query_with(request.GET),
    }
    return section(request, visit, _PAGE, **context)


def audit_csv(request: HttpRequest, visit: Visit) -> StreamingHttpResponse:
    """The same entries, all of them, as a CSV file."""
    entries = Filters(request.GET).narrow(_entries_of(visit), visit.district.timezone)
    visit.note(Action.EXPORTED, "audit log")
    rows = (
        (entry.at, entry.who, entry.action, entry.what, _detail(entry))
        for entry in entries.order_by("-pk").iterator(chunk_size=1000)
    )
    return csv_file(visit, "audit", _HEADER, rows)


def _entries_of(visit: Visit) -> QuerySet[AuditEntry]:
    """What was done in the district, and the sign-ins of those who are in it."""
    members = Membership.objects.filter(district=visit.district).values("user__email")
    return AuditEntry.objects.filter(Q(district=visit.district) | Q(district=None, who__in=members))


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def _detail(entry: AuditEntry) -> str:
    words = {True: "yes", False: "no"}
    return ", ".join(
        f"{name.replace('_', ' ')}: {words[value] if isinstance(value, bool) else value}"
        for name, value in entry.detail.items()
    )
