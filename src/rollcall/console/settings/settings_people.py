"""Settings, people and roles: invite, change a role, let go."""

from itertools import chain
from shlex import quote

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render

from rollcall.access import people
from rollcall.access.account_mail import Outcome
from rollcall.access.audit import Action
from rollcall.access.models import Invitation, Membership
from rollcall.access.roles import Role
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.visit import Visit
from rollcall.console.settings.settings import section
from rollcall.core.problems import Problem

_PAGE = "settings-people"
_ROLES = [(str(role), str(role).capitalize()) for role in Role]


class Invite(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(label="E-mail", max_length=254)
    name = forms.CharField(required=False, max_length=100)
    role = forms.ChoiceField(choices=_ROLES)


class RoleChoice(forms.Form):
    """Another role for a person."""

    role = forms.ChoiceField(choices=_ROLES)


def people_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Who belongs to the district and who is invited; POST invites a person."""
    form = Invite(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _invited(request, visit, form)
    return _page(request, visit, form)


def _invited(request: HttpRequest, visit: Visit, form: Invite) -> HttpResponse:
    said = form.cleaned_data
    role, by = Role(said["role"]), visit.user.email
    try:
        made = people.invite(said["email"], visit.district, role, visit.clock, by, said["name"])
    except Problem as problem:
        return _page(request, visit, form, problem)
    _send(request, visit, made)
    return redirect(visit.url(_PAGE))


def _send(request: HttpRequest, visit: Visit, invitation: Invitation) -> None:
    """Mail an invitation and say what became of it: the same whoever the address belongs to."""
    email = invitation.user.email
    match people.send(invitation, visit.clock):
        case Outcome.SENT:
            messages.success(request, f"An invitation was mailed to {email}.")
        case Outcome.NO_SERVER:
            messages.warning(
                request,
                f"{email} is invited, but this installation sends no account mail. Ask whoever "
                f"runs the server to hand over a link: rollcall user link {quote(email)}",
            )
        case Outcome.REFUSED:
            messages.warning(
                request,
                f"{email} is invited, but the mail server does not accept mail for this address. "
                "Check its spelling. If it is right, ask whoever runs the server to look at the "
                "log.",
            )
        case Outcome.FAILED:
            messages.warning(
                request,
                f"{email} is invited, but the mail could not be sent. Send it again later, or "
                "ask whoever runs the server to look at the log.",
            )


def people_csv(request: HttpRequest, visit: Visit) -> StreamingHttpResponse:
    """Who belongs to the district or is invited, as a CSV file."""
    members = (
        (one.user.email, one.user.name, one.role, one.user.last_login, "")
        for one in people.members(visit.district)
    )
    invited = (
        (one.user.email, one.name, one.role, "", one.invited_at)
        for one in people.invitations(visit.district, visit.clock)
    )
    visit.note(Action.EXPORTED, "people")
    header = ("E-mail", "Name", "Role", "Last signed in", "Invited at")
    return csv_file(visit, "people", header, chain(members, invited))


def change_role(request: HttpRequest, visit: Visit, member: int) -> HttpResponse:
    """Give a person another role."""
    found, form = _member(visit, member), RoleChoice(request.POST)
    if not form.is_valid():
        return _page(request, visit, Invite(), problem=None, status=400)
    try:
        role = Role(form.cleaned_data["role"])
        people.change_role(found, role, visit.clock, visit.user.email)
    except Problem as problem:
        return _page(request, visit, Invite(), problem)
    messages.success(request, f"{found.user.email} is now {role}.")
    # Who is no admin any more has no business here.
    return redirect(visit.url("home" if found.user == visit.user else _PAGE))


def invite_again(request: HttpRequest, visit: Visit, invitation: int) -> HttpResponse:
    """Send an invitation once more; it lasts anew."""
    found = _invitation(visit, invitation)
    email, role, by = found.user.email, Role(found.role), visit.user.email
    try:
        made = people.invite(email, visit.district, role, visit.clock, by, found.name)
    except Problem as problem:
        return _page(request, visit, Invite(), problem)
    _send(request, visit, made)
    return redirect(visit.url(_PAGE))


def withdraw(request: HttpRequest, visit: Visit, invitation: int) -> HttpResponse:
    """Take an invitation back."""
    found = _invitation(visit, invitation)
    people.withdraw(found, visit.clock, visit.user.email)
    messages.success(request, f"{found.user.email} is no longer invited.")
    return redirect(visit.url(_PAGE))


def remove(request: HttpRequest, visit: Visit, member: int) -> HttpResponse:
    """Ask whether a person is to be removed; POST removes them."""
    found = _member(visit, member)
    if request.method != "POST":
        return render(request, "settings/settings_person_remove.html", {"member": found})
    email = found.user.email
    try:
        people.remove(email, visit.district, visit.clock, visit.user.email)
    except Problem as problem:
        return _page(request, visit, Invite(), problem)
    messages.success(request, f"{email} is no longer in {visit.district.name}.")
    return redirect("start" if email == visit.user.email else visit.url(_PAGE))


def _page(
    request: HttpRequest,
    visit: Visit,
    form: Invite,
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
        invitations=people.invitations(visit.district, visit.clock),
        days=people.LASTS.days,
        roles=[(str(role).capitalize(), role.meaning) for role in Role],
    )
    answer.status_code = max(answer.status_code, status)
    return answer


def _member(visit: Visit, number: int) -> Membership:
    member = people.members(visit.district).filter(pk=number).first()
    if member is None:
        raise Http404
    return member


def _invitation(visit: Visit, number: int) -> Invitation:
    found = people.invitations(visit.district, visit.clock).filter(pk=number).first()
    if found is None:
        raise Http404
    return found
