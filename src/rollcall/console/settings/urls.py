"""The addresses of the settings, all of them for admins."""

from django.urls import URLPattern

from rollcall.access.roles import Ability
from rollcall.console.frame.routes import GET, POST, View, page
from rollcall.console.settings import (
    settings,
    settings_about,
    settings_audit,
    settings_district,
    settings_mail,
    settings_people,
    settings_retention,
    settings_tokens,
)


def _admins(route: str, view: View, name: str, *methods: str) -> URLPattern:
    return page(
        f"settings/{route}", view, name=name, needs=Ability.ADMINISTER, methods=methods or (GET,)
    )


_MEMBER = "people/<number:member>"
_INVITATION = "people/invitations/<number:invitation>"

urlpatterns = [
    _admins("", settings.settings, "settings"),
    _admins("people/", settings_people.people_page, "settings-people", GET, POST),
    _admins("people.csv", settings_people.people_csv, "settings-people-csv"),
    _admins(f"{_MEMBER}/role/", settings_people.change_role, "settings-person-role", POST),
    _admins(f"{_INVITATION}/send/", settings_people.invite_again, "settings-invitation-send", POST),
    _admins(
        f"{_INVITATION}/withdraw/", settings_people.withdraw, "settings-invitation-withdraw", POST
    ),
    _admins(f"{_MEMBER}/remove/", settings_people.remove, "settings-person-remove", GET, POST),
    _admins("district/", settings_district.district_page, "settings-district", GET, POST),
    _admins("district/rollcall.toml", settings_district.configuration, "settings-district-config"),
    _admins("mail/", settings_mail.mail, "settings-mail", GET, POST),
    _admins("retention/", settings_retention.retention_page, "settings-retention", GET, POST),
    _admins("retention/preview/", settings_retention.preview, "settings-retention-preview"),
    _admins("retention/removed.csv", settings_retention.removed_csv, "settings-retention-csv"),
    _admins(
        "retention/preview.csv", settings_retention.preview_csv, "settings-retention-preview-csv"
    ),
    _admins("tokens/", settings_tokens.tokens_page, "settings-tokens", GET, POST),
    _admins("tokens.csv", settings_tokens.tokens_csv, "settings-tokens-csv"),
    _admins(
        "tokens/<number:number>/revoke/", settings_tokens.revoke, "settings-token-revoke", POST
    ),
    _admins("audit/", settings_audit.audit, "settings-audit"),
    _admins("audit.csv", settings_audit.audit_csv, "settings-audit-csv"),
    _admins("about/", settings_about.about, "settings-about"),
]
