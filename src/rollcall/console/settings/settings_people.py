"""Settings, people and roles: invite, change a role, remove."""

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
    if request.method != "POST" or not form.is_valid():
        return _page(request, visit, form)
    values = form.cleaned_data
    return _invite(request, visit, values["email"], Role(values["role"]), values["name"], form)


def _invite(
    request: HttpRequest, visit: Visit, email: str, role: Role, name: str, form: Invite
) -> HttpResponse:
    """Invite a person by mail, and say whether it was sent: the same for any address."""
    by = visit.user.email
    try:
        invitation = people.invite(email, visit.district, role, visit.clock, by, name)
    except Problem as problem:
        return _page(request, visit, form, problem)
    email = invitation.user.email
    outcome = people.send(invitation, visit.clock)
    if outcome is Outcome.SENT:
        messages.success(request, f"An invitation was mailed to {email}.")
    else:
        why = {
            Outcome.NO_SERVER: "this installation does not send account mail. Ask the person who "
            f"runs the server for a link: rollcall user link {quote(email)}",
            Outcome.REFUSED: "the mail server does not accept mail for this address. Check the "
            "spelling. If it is correct, ask the person who runs the server to look at the log.",
            Outcome.FAILED: "the mail could not be sent. Send it again later, or ask the person "
            "who runs the server to look at the log.",
        }
        messages.warning(request, f"{email} is invited, but {why[outcome]}")
    return redirect(visit.url(_PAGE))


def people_csv(request: HttpRequest, visit: Visit) -> StreamingHttpResponse:
    """Who belongs to the district or is invited, as a CSV file."""
    members = (
        (member.user.email, member.user.name, member.role, member.user.last_login, "")
        for member in people.members(visit.district)
    )
    invited = (
        (invitation.user.email, invitation.name, invitation.role, "", invitation.invited_at)
        for invitation in people.invitations(visit.district, visit.clock)
    )
    visit.note(Action.EXPORTED, "people")
    header = ("E-mail", "Name", "Role", "Last signed in", "Invited at")
    return csv_file(visit, "people", header, chain(members, invited))


def change_role(request: HttpRequest, visit: Visit, member: int) -> HttpResponse:
    """Give a person another role."""
    membership, form = _member(visit, member), RoleChoice(request.POST)
    if not form.is_valid():
        return _page(request, visit, Invite(), problem=None, status=400)
    try:
        role = Role(form.cleaned_data["role"])
        people.change_role(membership, role, visit.clock, visit.user.email)
    except Problem as problem:
        return _page(request, visit, Invite(), problem)
    messages.success(request, f"{membership.user.email} now has the {role.capitalize()} role.")
    # A person who is no longer an admin cannot open this page.
    return redirect(visit.url("home" if membership.user == visit.user else _PAGE))


def invite_again(request: HttpRequest, visit: Visit, invitation: int) -> HttpResponse:
    """Send an invitation again; it is valid for the full time again."""
    stored = _invitation(visit, invitation)
    role = Role(stored.role)
    return _invite(request, visit, stored.user.email, role, stored.name, Invite())


def withdraw(request: HttpRequest, visit: Visit, invitation: int) -> HttpResponse:
    """Take an invitation back."""
    stored = _invitation(visit, invitation)
    people.withdraw(stored, visit.clock, visit.user.email)
    messages.success(request, f"{stored.user.email} is no longer invited.")
    return redirect(visit.url(_PAGE))


def remove(request: HttpRequest, visit: Visit, member: int) -> HttpResponse:
    """Ask whether a person is to be removed; POST removes them."""
    membership = _member(visit, member)
    if request.method != "POST":
        return render(request, "settings/settings_person_remove.html", {"member": membership})
    email = membership.user.email
    try:
        people.remove(email, visit.district, visit.clock, visit.user.email)
    except Problem as problem:
        return _page(request, visit, Invite(), problem)
    messages.success(request, f"{email} no longer has access to {visit.district.name}.")
    return redirect("start" if email == visit.user.email else visit.url(_PAGE))


def _page(
    request: HttpRequest,
    visit: Visit,
    form: Invite,
    problem: Problem | None = None,
    status: int = 200,
) -> HttpResponse:
    members = [
        (member, RoleChoice(initial={"role": member.role}, auto_id=f"role-{member.pk}-%s"))
        for member in people.members(visit.district)
    ]
    response = section(
        request,
        visit,
        _PAGE,
        problem,
        form=form,
        members=members,
        invitations=people.invitations(visit.district, visit.clock),
        days=people.LASTS.days,
        roles=[(str(role).capitalize(), role.meaning) for role in Role],
    )
    response.status_code = max(response.status_code, status)
    return response


def _member(visit: Visit, number: int) -> Membership:
    member = people.members(visit.district).filter(pk=number).first()
    if member is None:
        raise Http404
    return member


def _invitation(visit: Visit, number: int) -> Invitation:
    invitation = people.invitations(visit.district, visit.clock).filter(pk=number).first()
    if invitation is None:
        raise Http404
    return invitation
