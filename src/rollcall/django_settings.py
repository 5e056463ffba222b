"""Django's settings. Everything a district sets lives in the database, not here."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.utils.functional import SimpleLazyObject
from psycopg.conninfo import conninfo_to_dict

from rollcall import integrations, keys

# Neither the key nor the database is touched before it is used: `rollcall run --help` needs none.
SECRET_KEY = SimpleLazyObject(lambda: keys.derived("django"))
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "pgtrigger",
    "procrastinate.contrib.django",
    "rollcall.records",
    *(f"rollcall.integrations.{name}" for name in integrations.NAMES),
    "rollcall.engine",
    "rollcall.engine.outbound",
    "rollcall.access",
    "rollcall.api",
    "rollcall.console",  # before allauth: its templates are ours
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "csp",
    "django_htmx",
]
# The worker imports its tasks itself; other processes need not load the whole engine to start.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
# Our own structured log is the only one (rollcall.engine.log).
LOGGING_CONFIG = None

# Pages
ROOT_URLCONF = "rollcall.console.urls"
MIDDLEWARE = [
    "rollcall.console.hosts.OurHosts",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "rollcall.console.frame.request_values.RefuseZeroBytes",
    "rollcall.access.concurrency_limits.ConcurrencyLimits",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "rollcall.console.frame.routes.DenyUndeclared",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "console"],  # a page's template lies beside its module
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]
STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True  # straight out of the packages: there is no step to collect them
WHITENOISE_MAX_AGE = 3600

# Where people reach the pages, and what follows from it. Behind a proxy it is the proxy's address.
# Once it is given, loopback names are good for /health alone (rollcall.console.hosts).
LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ROLLCALL_URL = os.environ.get("ROLLCALL_URL", "").rstrip("/") or "http://127.0.0.1:8080"
_url = urlsplit(ROLLCALL_URL)
_by_https = _url.scheme == "https"
_others = [host for host in os.environ.get("ROLLCALL_HOSTS", "").split(",") if host]
_given = [str(_url.hostname), *_others]
ROLLCALL_HOSTS = _given if os.environ.get("ROLLCALL_URL") else [*LOOPBACK_HOSTS, *_others]
ALLOWED_HOSTS = [*ROLLCALL_HOSTS, *LOOPBACK_HOSTS]
CSRF_TRUSTED_ORIGINS = [f"{_url.scheme}://{host}" for host in (_url.netloc, *_others)]
# Waitress believes so many proxies about whom they speak for, if the nearest has this address, and
# about TLS, which they end: Django then knows a request by https (HSTS) and its true source.
ROLLCALL_PROXIES = int(os.environ.get("ROLLCALL_PROXIES") or _by_https)
ROLLCALL_PROXY_ADDRESS = os.environ.get("ROLLCALL_PROXY_ADDRESS", "127.0.0.1")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _by_https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if _by_https else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 10 * 3600  # a working day
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],  # data: is the square code of a second factor
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# How large requests may be; files are counted by what whoever runs the server set
# (core.settings.limits).
FILE_UPLOAD_HANDLERS = [
    "rollcall.access.request_limits.Counting",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440  # bytes of a body or form, files not counted
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
DATA_UPLOAD_MAX_NUMBER_FILES = 20

# Signing in (django-allauth); docs/how-to/people.md
AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("UserAttributeSimilarityValidator", {"user_attributes": ("email", "name")}),
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "start"
ACCOUNT_ADAPTER = "rollcall.access.allauth_adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # whoever invites vouches for the address
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Rollcall: "
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _url.scheme
# Our own limits (rollcall.access.sign_in_limits) take the place of those allauth has on what we
# use: its own are for a person or an address, so that a stranger could lock them out.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "login_failed": None,
    "reauthenticate": None,
    "change_password": None,
    "reset_password": None,
    "reset_password_from_key": None,  # a link cannot be guessed
}
ACCOUNT_FORMS = {
    "change_password": "rollcall.access.sign_in_forms.ChangePasswordForm",
    "reset_password": "rollcall.access.sign_in_forms.ResetPasswordForm",
}
MFA_ADAPTER = "rollcall.access.allauth_adapters.FactorAdapter"
MFA_FORMS = {
    "authenticate": "rollcall.access.sign_in_forms.CodeForm",
    "reauthenticate": "rollcall.access.sign_in_forms.CodeAgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Rollcall"
MFA_TOTP_TOLERANCE = 1  # a clock may be half a minute off
# Codes that were used are known to all processes through the database.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

# Single sign-on with an OpenID Connect server, when its variables are set. The way there and back
# is our own (rollcall.access.openid); django-allauth keeps the links.
SOCIALACCOUNT_ADAPTER = "rollcall.access.allauth_adapters.SocialAdapter"
SINGLE_SIGN_ON = {
    "name": os.environ.get("ROLLCALL_OIDC_NAME", "Single sign-on"),
    "issuer": os.environ.get("ROLLCALL_OIDC_ISSUER", "").partition("/.well-known/")[0].rstrip("/"),
    "client_id": os.environ.get("ROLLCALL_OIDC_CLIENT_ID", ""),
    "secret": os.environ.get("ROLLCALL_OIDC_CLIENT_SECRET", ""),
    # For servers that own their addresses but do not say `email_verified`.
    "trust_email": os.environ.get("ROLLCALL_OIDC_TRUST_EMAIL", "") == "true",
}

_own = os.environ.get("DATABASE_URL")
_parts = conninfo_to_dict(_own or "")  # the embedded backend knows the address of its server
# A server that vanished without a word is noticed within a minute, not after two hours.
_parts = {
    "connect_timeout": "10",
    **{"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"},
    **_parts,
}
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql" if _own else "rollcall.embedded.backend",
        "NAME": _parts.pop("dbname", "rollcall"),
        "USER": _parts.pop("user", ""),
        "PASSWORD": _parts.pop("password", ""),
        "HOST": _parts.pop("host", ""),
        "PORT": _parts.pop("port", ""),
        "OPTIONS": _parts,
    }
}
