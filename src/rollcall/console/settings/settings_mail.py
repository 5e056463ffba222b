"""Settings, mail server: saved, and tried with a real mail."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from rollcall.access.audit import Action
from rollcall.console.frame.setting_forms import SettingsForm, place
from rollcall.console.frame.visit import Visit
from rollcall.console.settings.settings import section
from rollcall.engine.mail.mail_test import MailTest, send_test
from rollcall.engine.models import MailServer
from rollcall.engine.settings.config import Mistakes
from rollcall.engine.settings.partner_settings import MAIL, form, save_mail

_PAGE = "settings-mail"
#: The kinds of mail server, for people.
_KINDS = {"smtp": "SMTP server", "folder": "Files in a folder"}


class TestAddress(forms.Form):
    """Where a test mail goes."""

    recipient = forms.EmailField(label="Send a test mail to", max_length=254)


def mail(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The mail server's settings; POST saves them, or sends a test mail by those sent."""
    stored = MailServer.objects.filter(district=visit.district).first()
    kind = request.POST.get("kind") or request.GET.get("kind") or ""
    if kind not in MAIL:
        kind = stored.settings["type"] if stored else "smtp"
    sent = request.POST if request.method == "POST" else None
    settings = SettingsForm(form(MAIL, kind, stored).fields, "mail", sent)
    address = TestAddress(sent or {"recipient": visit.user.email})
    test: MailTest | None = None
    if sent is not None:
        try:
            if sent.get("do") != "test":
                save_mail(visit.district, kind, settings.sent(), visit.clock, visit.user.email)
                visit.note(Action.CHANGED, "mail server")
                messages.success(request, "The mail server is saved.")
                return redirect(visit.url(_PAGE))
            if address.is_valid():
                recipient = address.cleaned_data["recipient"]
                server = {"type": kind, **settings.sent()}
                test = send_test(visit.district, recipient, visit.clock, server)
        except Mistakes as mistakes:
            place(settings, mistakes.places)
    return section(
        request,
        visit,
        _PAGE,
        stored=stored,
        about=form(MAIL, kind, None).about,
        kind=kind,
        kinds=[(name, title, name == kind) for name, title in _KINDS.items()],
        form=settings,
        address=address,
        test=test,
    )
