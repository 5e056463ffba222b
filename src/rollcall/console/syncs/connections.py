"""Connections: where partners' files and APIs are, and the credentials, which are never shown."""

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
from rollcall.console.syncs.connection_test import (
    Checked,
    follow,
    latest,
    latest_of,
)
from rollcall.console.syncs.sync_frame import connection_of
from rollcall.core.problems import Problem
from rollcall.engine.connections import connection_checks
from rollcall.engine.models import Connection, Sync
from rollcall.engine.settings import partner_settings
from rollcall.engine.settings.config import Mistakes
from rollcall.engine.settings.partner_settings import CONNECTIONS
from rollcall.transports.settings import holds_files

#: The kinds of connection as people choose among them.
TITLES = {
    "folder": "Folder",
    "sftp": "SFTP server",
    "smb": "Shared folder (SMB)",
    "http": "API (HTTPS)",
}
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
    """The connections of the district, with who uses them and their last test."""
    return render(request, "syncs/connections.html", {"rows": _rows(visit)})


def connections_csv(request: HttpRequest, visit: Visit) -> StreamingHttpResponse:
    """The same as a CSV file."""
    cells = (
        (row.connection.name, row.title, row.where, ", ".join(row.syncs), *_tested(row.checked))
        for row in _rows(visit)
    )
    return csv_file(visit, "connections", _HEADER, cells)


def _tested(checked: Checked | None) -> tuple[object, ...]:
    return (checked.word, checked.made.created_at) if checked else ("", "")


def _rows(visit: Visit) -> list[Row]:
    found = list(Connection.objects.filter(district=visit.district).order_by("name"))
    users: dict[int | None, list[str]] = {}
    used = Sync.objects.filter(district=visit.district).order_by("name")
    for name, connection in used.values_list("name", "connection"):
        users.setdefault(connection, []).append(name)
    tests = latest_of(found, visit.clock)
    return [_row(one, users.get(one.pk, []), tests.get(one.pk)) for one in found]


def _row(connection: Connection, syncs: list[str], checked: Checked | None) -> Row:
    kind = connection.settings.get("type", "")
    return Row(connection, TITLES.get(kind, kind), _where(connection), syncs, checked)


def _where(connection: Connection) -> str:
    """The place in one line: a path, an address, or server and folder."""
    said = connection.settings
    if whole := said.get("path") or said.get("url"):
        return str(whole)
    return f"{said.get('host', '')}: {said.get('directory', '.')}"


def connection(request: HttpRequest, visit: Visit, connection: str) -> HttpResponse:
    """One connection, to change."""
    stored = connection_of(visit, connection)
    kind = _kind(request, str(stored.settings.get("type", "folder")))
    sent = form_of(kind, stored, request.POST if request.method == "POST" else None)
    if request.method == "POST" and _saved(request, visit, stored, kind, sent):
        return redirect(visit.url("connection", connection=connection))
    syncs = Sync.objects.filter(connection=stored).order_by("name")
    shown = {
        **_shown(kind, sent, stored),
        "connection": stored,
        "syncs": syncs,
        "checked": latest(stored, visit.clock),
    }
    return render(request, "syncs/connection.html", shown)


def new_connection(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A new connection: its kind (in the address), its name, and where it leads."""
    kind = _kind(request, "")
    if not kind:
        return render(request, "syncs/new_connection.html", {"kinds": _kinds()})
    sent = form_of(kind, None, request.POST if request.method == "POST" else None)
    name = request.POST.get("name", "").strip()
    shown = {**_shown(kind, sent, None), "name": name}
    if request.method == "POST":
        wrong = _created(visit, name, kind, sent)
        if wrong is None:
            messages.success(request, f"{name} is saved. Test it now.")
            return redirect(visit.url("connection", connection=name))
        shown["name_error"] = wrong
    return render(request, "syncs/new_connection.html", shown)


def form_of(kind: str, stored: Connection | None, data: QueryDict | None = None) -> SettingsForm:
    """The fields of a kind of connection; of a secret only whether there is one."""
    asked = partner_settings.form(CONNECTIONS, kind, stored)
    return SettingsForm(asked.fields, "connection", data)


def _shown(kind: str, form: SettingsForm, stored: Connection | None) -> dict[str, Any]:
    about = partner_settings.form(CONNECTIONS, kind, stored).about
    return {
        "kind": kind,
        "title": TITLES.get(kind, kind),
        "about": about,
        "form": form,
        "kinds": _kinds(),
        "others": _others(kind),
        "moved": stored is not None and stored.settings.get("type") != kind,
    }


def _kind(request: HttpRequest, otherwise: str) -> str:
    asked = request.GET.get("kind", "")
    return asked if asked in CONNECTIONS else otherwise


def _others(kind: str) -> list[tuple[str, str]]:
    """The kinds it could become, with their titles: files can move, an API stays one."""
    return [
        (other, TITLES.get(other, other))
        for other in CONNECTIONS
        if other != kind and holds_files(other) and holds_files(kind)
    ]


def _kinds() -> list[tuple[str, str, str]]:
    return [
        (kind, TITLES.get(kind, kind), partner_settings.form(CONNECTIONS, kind, None).about)
        for kind in CONNECTIONS
    ]


def _saved(
    request: HttpRequest, visit: Visit, stored: Connection, kind: str, sent: SettingsForm
) -> bool:
    try:
        partner_settings.save_connection(stored, kind, sent.sent(), visit.clock, visit.user.email)
    except Mistakes as mistakes:
        place(sent, mistakes.places)
        return False
    visit.note(Action.CHANGED, f"connection {stored.name}")
    messages.success(request, "Saved. Test it, so that the next run finds the door open.")
    return True


def _created(visit: Visit, name: str, kind: str, sent: SettingsForm) -> str | None:
    """Make it: None, or what is wrong with the name ("" for mistakes at other fields)."""
    try:
        partner_settings.create_connection(
            visit.district, name, kind, sent.sent(), visit.clock, visit.user.email
        )
    except Mistakes as mistakes:
        wrong = mistakes.places.pop("name", "")
        place(sent, mistakes.places)
        return wrong
    visit.note(Action.CHANGED, f"connection {name}", added=True)
    return None


def test_draft(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Test a connection as its form has it, saved or not."""
    name, kind = request.POST.get("connection", ""), _kind(request, "")
    district = visit.district
    stored = connection_of(visit, name) if name else Connection(district=district, settings={})
    if not kind:
        return HttpResponse("no kind of connection", status=400)
    sent = form_of(kind, stored if name else None, request.POST)
    try:
        with transaction.atomic():
            made = connection_checks.begin_draft(
                stored, kind, sent.sent(), visit.user.email, visit.clock
            )
            return follow(request, visit, made)
    except Mistakes as mistakes:
        titles = {field.name: field.title for field in sent.declared}
        wrong = [(titles.get(at, ""), what) for at, what in mistakes.places.items()]
        return render(request, "frame/parts/mistakes.html", {"wrong": wrong})


def delete(request: HttpRequest, visit: Visit, connection: str) -> HttpResponseRedirect:
    """Remove a connection no sync uses."""
    stored = connection_of(visit, connection)
    try:
        partner_settings.delete_connection(stored)
    except Problem as problem:
        problems.say(request, problem)
        return redirect(visit.url("connection", connection=connection))
    visit.note(Action.CHANGED, f"connection {connection}", deleted=True)
    messages.success(request, f"{connection} is deleted.")
    return redirect(visit.url("connections"))
