"""Settings, API tokens: created, shown once, revoked.

A new token is shown on the page after its form. Between the two requests it is in the person's
session, sealed like every other credential.
"""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect

from rollcall.access import tokens
from rollcall.access.audit import Action
from rollcall.access.models import ApiToken
from rollcall.access.roles import Role
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.visit import Visit
from rollcall.console.settings.settings import section
from rollcall.core.problems import Problem
from rollcall.engine import secrets

_PAGE = "settings-tokens"
_SESSION = "new-token"  # in the session: a token that was not shown yet
_DAYS = (("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year"), ("never", "Never"))


class NewToken(forms.Form):
    """What a token is for, what it can do, and for how long."""

    name = forms.CharField(
        max_length=60, help_text="What will use it, for example: nightly SIS export."
    )
    role = forms.ChoiceField(
        help_text="What it can do, and never more than you can when it is used."
    )
    days = forms.ChoiceField(label="Expires", choices=_DAYS, initial="365")

    def __init__(self, visit: Visit, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]  # what Django's form takes: data
        roles = [role for role in Role if role.abilities <= visit.role.abilities]
        choices = [(str(role), f"{str(role).capitalize()}: {role.meaning}") for role in roles]
        self.fields["role"] = forms.ChoiceField(
            choices=choices, help_text=self.fields["role"].help_text
        )


def tokens_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The tokens of the district; POST creates one."""
    form = NewToken(visit, request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, visit, form)
    name, role, days = (form.cleaned_data[field] for field in ("name", "role", "days"))
    expires = None if days == "never" else visit.clock.now() + timedelta(days=int(days))
    try:
        _, text = tokens.make(visit.user, visit.district, Role(role), name, visit.clock, expires)
    except Problem as problem:
        return _page(request, visit, form, problem)
    request.session[_SESSION] = secrets.seal(text)
    return redirect(visit.url(_PAGE))


def tokens_csv(request: HttpRequest, visit: Visit) -> StreamingHttpResponse:
    """The tokens of the district, as a CSV file."""
    rows = (
        (
            *(token.name, token.start, token.role, token.user.email),
            *(token.created_at, token.used_at, token.expires_at),
        )
        for token in tokens.listed(visit.district)
    )
    visit.note(Action.EXPORTED, "API tokens")
    header = ("Token", "Begins with", "Role", "Owner", "Created", "Last used", "Expires")
    return csv_file(visit, "tokens", header, rows)


def revoke(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """Make a token invalid at once."""
    try:
        token = tokens.revoke(visit.district, number, visit.clock, visit.user.email)
    except Problem as problem:
        return _page(request, visit, NewToken(visit), problem)
    messages.success(request, f"The token {token.name} is revoked.")
    return redirect(visit.url(_PAGE))


def _page(
    request: HttpRequest, visit: Visit, form: NewToken, problem: Problem | None = None
) -> HttpResponse:
    listed = [(token, *_state(visit, token)) for token in tokens.listed(visit.district)]
    sealed = request.session.pop(_SESSION, "")
    text = secrets.unseal(sealed) if sealed else ""
    return section(request, visit, _PAGE, problem, form=form, tokens=listed, text=text)


def _state(visit: Visit, token: ApiToken) -> tuple[str, str]:
    """A token's state as a word, and its tone."""
    if token.expires_at is not None and token.expires_at <= visit.clock.now():
        return "Expired", "quiet"
    return ("In use", "good") if token.used_at else ("Never used", "quiet")
