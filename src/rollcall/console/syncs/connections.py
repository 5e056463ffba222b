"""Connections: where partners' files and APIs are. Credentials are never shown."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame import problems
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.setting_forms import SettingsForm, place
from rollcall.console.frame.visit import Visit
from rollcall.console.syncs.connection_test import Checked, follow, latest_tests
from rollcall.console.syncs.sync_head import connection_of
from rollcall.core.problems import Problem
from rollcall.engine.connections import connection_checks
from rollcall.engine.models import Connection, Sync
from rollcall.engine.settings import partner_settings
from rollcall.engine.settings.config import Mistakes
from rollcall.engine.settings.partner_settings import CONNECTIONS
from rollcall.transports.kinds import KINDS, holds_files

_HEADER = ("Connection", "Kind", "Where", "Syncs", "Last test", "Tested at")


@dataclass(frozen=True)
class Row:
    """A connection in the list."""

    connection: Connection
    title: str
    where: str
    syncs: list[str]
    checked: Checked | None


def connections(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The connections of the district, with the syncs that use them and their last test."""
    return render(request, "syncs/connections.html", {"rows": _rows(visit)})


def connections_csv(request: HttpRequest, visit: Visit) -> StreamingHttpResponse:
    """The same as a CSV file."""
    cells = (
        (
            *(row.connection.name, row.title, row.where, ", ".join(row.syncs)),
            *((row.checked.word, row.checked.check.created_at) if row.checked else ("", "")),
        )
        for row in _rows(visit)
    )
    return csv_file(visit, "connections", _HEADER, cells)


def _rows(visit: Visit) -> list[Row]:
    stored = list(Connection.objects.filter(district=visit.district).order_by("name"))
    syncs: dict[int | None, list[str]] = {}
    for sync in Sync.objects.filter(district=visit.district).order_by("name"):
        syncs.setdefault(sync.connection_id, []).append(sync.name)
    tests = latest_tests(stored, visit.clock)
    rows = []
    for connection in stored:
        settings = connection.settings
        kind = settings.get("type", "")
        folder = f"{settings.get('host', '')}: {settings.get('directory', '.')}"
        where = str(settings.get("path") or settings.get("url") or folder)
        users, test = syncs.get(connection.pk, []), tests.get(connection.pk)
        rows.append(Row(connection, _title(kind), where, users, test))
    return rows


def connection(request: HttpRequest, visit: Visit, connection: str) -> HttpResponse:
    """One connection, to change."""
    stored = connection_of(visit, connection)
    kind = _kind(request, str(stored.settings.get("type", "folder")))
    form = form_of(kind, stored, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            partner_settings.save_connection(
                stored, kind, form.sent(), visit.clock, visit.user.email
            )
        except Mistakes as mistakes:
            place(form, mistakes.places)
        else:
            visit.note(Action.CHANGED, f"connection {stored.name}")
            messages.success(request, "Saved. Test the connection before the next run.")
            return redirect(visit.url("connection", connection=connection))
    stored_kind = stored.settings.get("type")
    context = {
        **_context(kind, form, stored),
        "connection": stored,
        "syncs": Sync.objects.filter(connection=stored).order_by("name"),
        "checked": latest_tests([stored], visit.clock).get(stored.pk),
        # Files can move to another kind of place; an API stays one.
        "other_kinds": [
            (name, _title(name))
            for name in CONNECTIONS
            if name != kind and holds_files(name) and holds_files(kind)
        ],
        "kind_changed": stored_kind != kind,
    }
    return render(request, "syncs/connection.html", context)


def new_connection(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A new connection: its kind (in the address), its name, and where it leads."""
    kind = _kind(request, "")
    if not kind:
        kinds = [
            (name, _title(name), partner_settings.form(CONNECTIONS, name, None).about)
            for name in CONNECTIONS
        ]
        return render(request, "syncs/new_connection.html", {"kinds": kinds})
    form = form_of(kind, None, request.POST if request.method == "POST" else None)
    name = request.POST.get("name", "").strip()
    context = {**_context(kind, form, None), "name": name}
    if request.method == "POST":
        try:
            partner_settings.create_connection(
                visit.district, name, kind, form.sent(), visit.clock, visit.user.email
            )
        except Mistakes as mistakes:
            context["name_error"] = mistakes.places.pop("name", "")
            place(form, mistakes.places)
        else:
            visit.note(Action.CHANGED, f"connection {name}", added=True)
            messages.success(request, f"{name} is saved. Test the connection now.")
            return redirect(visit.url("connection", connection=name))
    return render(request, "syncs/new_connection.html", context)


def form_of(kind: str, stored: Connection | None, data: QueryDict | None = None) -> SettingsForm:
    """The fields of a kind of connection; of a secret only whether there is one."""
    return SettingsForm(partner_settings.form(CONNECTIONS, kind, stored).fields, "connection", data)


def _context(kind: str, form: SettingsForm, stored: Connection | None) -> dict[str, Any]:
    about = partner_settings.form(CONNECTIONS, kind, stored).about
    return {"kind": kind, "title": _title(kind), "about": about, "form": form}


def _title(kind: str) -> str:
    return KINDS[kind].title if kind in KINDS else kind


def _kind(request: HttpRequest, default: str) -> str:
    kind = request.GET.get("kind", "")
    return kind if kind in CONNECTIONS else default


def test_draft(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Test a connection as its form has it, saved or not."""
    name, kind = request.POST.get("connection", ""), _kind(request, "")
    district = visit.district
    stored = connection_of(visit, name) if name else Connection(district=district, settings={})
    if not kind:
        return HttpResponse("no kind of connection", status=400)
    form = form_of(kind, stored if name else None, request.POST)
    try:
        with transaction.atomic():
            check = connection_checks.begin_draft(
                stored, kind, form.sent(), visit.user.email, visit.clock
            )
            return follow(request, visit, check)
    except Mistakes as mistakes:
        titles = {field.name: field.title for field in form.declared}
        errors = [(titles.get(name, ""), text) for name, text in mistakes.places.items()]
        return render(request, "syncs/parts/mistakes.html", {"errors": errors})


def delete(request: HttpRequest, visit: Visit, connection: str) -> HttpResponseRedirect:
    """Remove a connection that no sync uses."""
    stored = connection_of(visit, connection)
    try:
        partner_settings.delete_connection(stored)
    except Problem as problem:
        problems.say(request, problem)
        return redirect(visit.url("connection", connection=connection))
    visit.note(Action.CHANGED, f"connection {connection}", deleted=True)
    messages.success(request, f"{connection} is deleted.")
    return redirect(visit.url("connections"))
