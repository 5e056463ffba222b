"""Django's settings. Everything a district sets lives in the database, not here."""

import os

from psycopg.conninfo import conninfo_to_dict

from rollcall import keys
from rollcall.embedded import database_url

SECRET_KEY = keys.derived("django")
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "pgtrigger",
    "procrastinate.contrib.django",
    "rollcall.records",
    "rollcall.engine",
    "rollcall.console",
]
# The worker imports its tasks itself; other processes need not load the whole engine to start.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
ROOT_URLCONF = "rollcall.console.urls"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True},
]
ALLOWED_HOSTS = os.environ.get("ROLLCALL_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
# Our own structured log is the only one (rollcall.engine.log).
LOGGING_CONFIG = None

_parts = conninfo_to_dict(os.environ.get("DATABASE_URL") or database_url())
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _parts.pop("dbname", "rollcall"),
        "USER": _parts.pop("user", ""),
        "PASSWORD": _parts.pop("password", ""),
        "HOST": _parts.pop("host", ""),
        "PORT": _parts.pop("port", ""),
        "OPTIONS": _parts,
    }
}
