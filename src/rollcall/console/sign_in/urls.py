"""The addresses for signing in: those views of django-allauth that people need here, no more.

Left out are the sign-up and the management of addresses: an admin does both. What changes how a
person signs in first asks them to confirm who they are (`confirmed`), or for the password itself.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.urls import path, re_path

from rollcall.console.frame.routes import GET, POST, own_page
from rollcall.console.sign_in import password, single_sign_on
from rollcall.console.sign_in.recently_confirmed import confirmed

_KEY = r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", password.change, name="account_change_password"),
    path("password/set/", confirmed(account.password_set), name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(_KEY, account.password_reset_from_key, name="account_reset_password_from_key"),
    path("2fa/", mfa.index, name="mfa_index"),
    path("2fa/authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("2fa/reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("2fa/totp/activate/", confirmed(totp.activate_totp), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", confirmed(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("2fa/codes/", confirmed(recovery.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "2fa/codes/generate/",
        confirmed(recovery.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "2fa/codes/download/",
        confirmed(recovery.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    # The address of the callback is registered at the sign-on servers.
    path("oidc/sso/login/", single_sign_on.login, name="single-sign-on-login"),
    path("oidc/sso/login/callback/", single_sign_on.callback, name="single-sign-on-callback"),
    path("oidc/sso/confirm/", single_sign_on.confirm, name="single-sign-on-confirm"),
    own_page("single-sign-on/", single_sign_on.links, name="single-sign-on"),
    own_page(
        "single-sign-on/release/",
        single_sign_on.release,
        name="single-sign-on-release",
        methods=(GET, POST),
    ),
]
