"""The API as a Django app: it has a template."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Label `api`: no models."""

    name = "rollcall.api"
    label = "api"
