"""The way in: to the person's only district, or to the choice of them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from rollcall.access.models import Membership, User


def start(request: HttpRequest, user: User) -> HttpResponse:
    """To the only district there is for this person; else let them choose, or say there is none."""
    mine = Membership.objects.filter(user=user).select_related("district")
    memberships = list(mine.order_by("district__name"))
    if len(memberships) == 1:
        return redirect("home", district=memberships[0].district.code)
    return render(request, "console/start.html", {"memberships": memberships})
