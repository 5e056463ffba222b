"""The way in: to the person's only district, or to the choice of them; and what invites them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from rollcall.access import people
from rollcall.access.models import Membership, User
from rollcall.console.frame import problems, routes
from rollcall.core.problems import Problem


def start(request: HttpRequest, user: User) -> HttpResponse:
    """To the only district there is for this person; else let them choose, or say there is none."""
    mine = Membership.objects.filter(user=user).select_related("district")
    memberships = list(mine.order_by("district__name"))
    invitations = list(people.invitations_of(user, routes.clock))
    if len(memberships) == 1 and not invitations:
        return redirect("home", district=memberships[0].district.code)
    shown = {"memberships": memberships, "invitations": invitations}
    return render(request, "home/start.html", shown)


def accept(request: HttpRequest, user: User, invitation: int) -> HttpResponse:
    """Join the district of an invitation."""
    try:
        member = people.accept(user, invitation, routes.clock)
    except Problem as problem:
        problems.say(request, problem)
        return redirect("start")
    messages.success(request, f"You are now in {member.district.name}, as {member.role}.")
    return redirect("home", district=member.district.code)


def decline(request: HttpRequest, user: User, invitation: int) -> HttpResponse:
    """Say no to an invitation."""
    try:
        declined = people.decline(user, invitation, routes.clock)
    except Problem as problem:
        problems.say(request, problem)
    else:
        messages.success(request, f"You declined the invitation to {declined.district.name}.")
    return redirect("start")
