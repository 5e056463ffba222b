"""Settings, people and roles: invite, change a role, let go."""

from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render

from rollcall.access import people
from rollcall.access.audit import Action
from rollcall.access.models import Membership
from rollcall.access.roles import Role
from rollcall.console import shown_once
from rollcall.console.csv import csv_file
from rollcall.console.pages.settings import section
from rollcall.console.visit import Visit
from rollcall.core.problems import Problem

_PAGE = "settings-people"
_ROLES = [(str(role), str(role).capitalize()) for role in Role]


class Invitation(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(label="E-mail", max_length=254)
    name = forms.CharField(required=False, max_length=100)
    role = forms.ChoiceField(choices=_ROLES)


class RoleChoice(forms.Form):
    """Another role for a person."""

    role = forms.ChoiceField(choices=_ROLES)


def people_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Who belongs to the district; POST invites somebody."""
    form = Invitation(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _invited(request, visit, form)
    return _page(request, visit, form)


def _invited(request: HttpRequest, visit: Visit, form: Invitation) -> HttpResponse:
    said = form.cleaned_data
    if _member_of(visit, said["email"]) is not None:
        form.add_error("email", "This person is here already: change their role below.")
        return _page(request, visit, form)
    try:
        user = people.add(
            said["email"],
            visit.district,
            Role(said["role"]),
            visit.clock,
            visit.user.email,
            said["name"],
        )
    except Problem as problem:
        return _page(request, visit, form, problem)
    if user.has_usable_password():
        messages.success(request, f"{user.email} is in; their password is the one they have.")
    else:
        shown_once.keep(request, "link", people.password_link(user))
        messages.success(request, f"{user.email} is invited.")
    return redirect(visit.url(_PAGE))


def people_csv(request: HttpRequest, visit: Visit) -> StreamingHttpResponse:
    """Who belongs to the district, as a CSV file; times in UTC."""
    rows = (
        (one.user.email, one.user.name, one.role, _utc(one.user.last_login))
        for one in people.members(visit.district)
    )
    visit.note(Action.EXPORTED, "people")
    return csv_file("people", ("E-mail", "Name", "Role", "Last signed in"), rows)


def _utc(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""


def change_role(request: HttpRequest, visit: Visit, member: int) -> HttpResponse:
    """Give a person another role."""
    found, form = _member(visit, member), RoleChoice(request.POST)
    if not form.is_valid():
        return _page(request, visit, Invitation(), problem=None, status=400)
    try:
        role = Role(form.cleaned_data["role"])
        people.add(found.user.email, visit.district, role, visit.clock, visit.user.email)
    except Problem as problem:
        return _page(request, visit, Invitation(), problem)
    messages.success(request, f"{found.user.email} is now {role}.")
    # Who is no admin any more has no business here.
    return redirect(visit.url("home" if found.user == visit.user else _PAGE))


def new_link(request: HttpRequest, visit: Visit, member: int) -> HttpResponse:
    """Make a new link to set a password, for somebody who has none yet."""
    user = _member(visit, member).user
    if user.has_usable_password():
        messages.warning(request, f"{user.email} has a password; they can reset it by mail.")
    else:
        shown_once.keep(request, "link", people.password_link(user))
        messages.success(request, f"A new link for {user.email}.")
    return redirect(visit.url(_PAGE))


def remove(request: HttpRequest, visit: Visit, member: int) -> HttpResponse:
    """Ask whether a person is to be removed; POST removes them."""
    found = _member(visit, member)
    if request.method != "POST":
        return render(request, "console/settings_person_remove.html", {"member": found})
    email = found.user.email
    try:
        people.remove(email, visit.district, visit.clock, visit.user.email)
    except Problem as problem:
        return _page(request, visit, Invitation(), problem)
    messages.success(request, f"{email} is no longer in {visit.district.name}.")
    return redirect("start" if email == visit.user.email else visit.url(_PAGE))


def _page(
    request: HttpRequest,
    visit: Visit,
    form: Invitation,
    problem: Problem | None = None,
    status: int = 200,
) -> HttpResponse:
    listed = [
        (member, RoleChoice(initial={"role": member.role}, auto_id=f"role-{member.pk}-%s"))
        for member in people.members(visit.district)
    ]
    answer = section(
        request,
        visit,
        _PAGE,
        problem,
        form=form,
        members=listed,
        roles=[(str(role).capitalize(), role.meaning) for role in Role],
        link=shown_once.take(request, "link"),
    )
    answer.status_code = max(answer.status_code, status)
    return answer


def _member(visit: Visit, number: int) -> Membership:
    member = people.members(visit.district).filter(pk=number).first()
    if member is None:
        raise Http404
    return member


def _member_of(visit: Visit, email: str) -> Membership | None:
    return people.members(visit.district).filter(user__email=email.strip().lower()).first()
