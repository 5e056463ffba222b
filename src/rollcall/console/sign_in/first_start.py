"""The first start: the person with the code that the server printed becomes the first admin."""

from typing import Any

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
from rollcall.console.frame.setting_forms import SettingsForm, below, place
from rollcall.core.problems import Problem
from rollcall.core.school_year import SchoolYear
from rollcall.engine.settings import district_settings
from rollcall.engine.settings.config import Mistakes, time_zones
from rollcall.records.models import District

_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class Person(forms.Form):
    """The code, and who the first admin is."""

    code = forms.CharField(
        label="One-time code",
        max_length=50,
        help_text="rollcall serve printed this code when it started.",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    email = forms.EmailField(label="Your e-mail", max_length=254)
    name = forms.CharField(label="Your name", required=False, max_length=100)
    password = forms.CharField(
        label="Password",
        help_text="At least 12 characters.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        strip=False,
        max_length=200,
    )

    def clean_password(self) -> str:
        """The password, if it is not easily guessed."""
        password = str(self.cleaned_data["password"])
        person = User(**{name: str(self.data.get(name, "")) for name in ("email", "name")})
        password_validation.validate_password(password, person)
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
    context = {"form": person, "district": district, "districts": _districts()}
    return render(request, "sign_in/first_start.html", context)


def _districts() -> list[District]:
    return list(District.objects.order_by("name"))


def _district_form(sent: Any) -> SettingsForm | None:
    """The fields of a new district; None when there are districts to choose from."""
    if District.objects.exists():
        return None
    year = str(SchoolYear.containing(routes.clock.now().date()))
    zones = sorted(zone for zone in time_zones() if zone.startswith("America/"))
    choices = {"timezone": [("", "Choose"), *((zone, zone) for zone in zones)]}
    return SettingsForm(district_settings.new(year), "district", sent, choices)


def _begun(request: HttpRequest, person: Person, district: SettingsForm | None) -> HttpResponse:
    values = person.cleaned_data
    if district is not None:
        settings = district.settings()
    else:
        codes = [stored.code for stored in _districts()]
        code = request.POST.get("of", "")
        settings = {"code": code if code in codes else codes[0]}
    admin = FirstAdmin(values["email"], values["name"], values["password"], settings)
    user, home = first_start.begin(values["code"], admin, routes.clock)
    login(request, user, backend=_BACKEND)
    return redirect("home", district=home.code)


def _place(person: Person, district: SettingsForm | None, problem: Problem) -> None:
    """Show a problem at its field."""
    if isinstance(problem, Mistakes) and district is not None:
        place(district, below(problem.places, "district"))
        return
    field = {first_start.WRONG_CODE: "code", "people.bad_address": "email"}.get(problem.code)
    person.add_error(field, ValidationError(f"{problem.sentence}. {problem.declared.what_to_do}"))
