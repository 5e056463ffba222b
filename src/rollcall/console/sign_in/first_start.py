"""The first start: who has the code that the server printed becomes the first admin."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth import login, password_validation
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from rollcall.access import first_start
from rollcall.access.first_start import FirstAdmin
from rollcall.access.models import User
from rollcall.console.frame import routes
from rollcall.console.frame.setting_forms import SettingsForm, place
from rollcall.core.problems import Problem
from rollcall.core.school_year import SchoolYear
from rollcall.engine.settings import district_settings
from rollcall.engine.settings.config import Mistakes
from rollcall.records.models import District

_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class Person(forms.Form):
    """The code, and who the first admin is."""

    code = forms.CharField(
        label="One-time code",
        max_length=50,
        help_text="Where rollcall serve was started, it printed this code.",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    email = forms.EmailField(label="Your e-mail", max_length=254)
    name = forms.CharField(label="Your name", required=False, max_length=100)
    password = forms.CharField(
        label="Password",
        help_text="12 characters or more.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        strip=False,
        max_length=200,
    )

    def clean_password(self) -> str:
        """The password, if it is none that is easily guessed."""
        password = str(self.cleaned_data["password"])
        named = {name: str(self.data.get(name, "")) for name in ("email", "name")}
        password_validation.validate_password(password, User(**named))
        return password


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def first(request: HttpRequest) -> HttpResponse:
    """Ask for the code, the person and the district; 404 once there is an account."""
    if not first_start.is_open():
        raise Http404
    sent = request.POST if request.method == "POST" else None
    person, district = Person(sent), _district_form(sent)
    if sent is not None and person.is_valid():
        try:
            return _begun(request, person, district)
        except Problem as problem:
            _place(person, district, problem)
    shown = {"form": person, "district": district, "districts": _districts()}
    return render(request, "sign_in/first_start.html", shown)


def _districts() -> list[District]:
    return list(District.objects.order_by("name"))


def _district_form(sent: Any) -> SettingsForm | None:
    """What is asked of the district; None where there is one, which is chosen among all."""
    if District.objects.exists():
        return None
    year = str(SchoolYear.containing(routes.clock.now().date()))
    zones = sorted(zone for zone in available_timezones() if zone.startswith("America/"))
    choices = {"timezone": [("", "Choose"), *((zone, zone) for zone in zones)]}
    return SettingsForm(district_settings.new(year), "district", sent, choices)


def _begun(request: HttpRequest, person: Person, district: SettingsForm | None) -> HttpResponse:
    said = person.cleaned_data
    wanted = district.settings() if district else {"code": _chosen(request)}
    admin = FirstAdmin(said["email"], said["name"], said["password"], wanted)
    user, of = first_start.begin(said["code"], admin, routes.clock)
    login(request, user, backend=_BACKEND)
    return redirect("home", district=of.code)


def _chosen(request: HttpRequest) -> str:
    """The code of the district that was chosen; of the first where none was."""
    codes = [one.code for one in _districts()]
    asked = request.POST.get("of", "")
    return asked if asked in codes else codes[0]


def _place(person: Person, district: SettingsForm | None, problem: Problem) -> None:
    """Say a problem where it belongs."""
    if isinstance(problem, Mistakes) and district is not None:
        own = {at.removeprefix("district."): what for at, what in problem.places.items()}
        place(district, own)
        return
    at = {first_start.WRONG_CODE: "code", "people.bad_address": "email"}.get(problem.code)
    person.add_error(at, ValidationError(f"{problem.sentence}. {problem.declared.what_to_do}"))
