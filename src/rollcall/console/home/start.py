"""The first page: to the person's only district, or a choice of districts and invitations."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from rollcall.access import people
from rollcall.access.models import Membership, User
from rollcall.console.frame import problems, routes
from rollcall.core.problems import Problem


def start(request: HttpRequest, user: User) -> HttpResponse:
    """To the only district of this person; otherwise let them choose, or say that there is none."""
    of_user = Membership.objects.filter(user=user).select_related("district")
    memberships = list(of_user.order_by("district__name"))
    invitations = list(people.invitations_of(user, routes.clock))
    if len(memberships) == 1 and not invitations:
        return redirect("home", district=memberships[0].district.code)
    context = {"memberships": memberships, "invitations": invitations}
    return render(request, "home/start.html", context)


def accept(request: HttpRequest, user: User, invitation: int) -> HttpResponse:
    """Join the district of an invitation."""
    try:
        member = people.accept(user, invitation, routes.clock)
    except Problem as problem:
        problems.say(request, problem)
        return redirect("start")
    messages.success(
        request, f"You joined {member.district.name} with the {member.role.capitalize()} role."
    )
    return redirect("home", district=member.district.code)


def decline(request: HttpRequest, user: User, invitation: int) -> HttpResponse:
    """Decline an invitation."""
    try:
        declined = people.decline(user, invitation, routes.clock)
    except Problem as problem:
        problems.say(request, problem)
    else:
        messages.success(request, f"You declined the invitation to {declined.district.name}.")
    return redirect("start")
