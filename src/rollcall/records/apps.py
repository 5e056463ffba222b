"""The Django app of the district's records."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """Label `records`: tables, triggers and migrations of the records."""

    name = "rollcall.records"
    label = "records"
    verbose_name = "Records"
