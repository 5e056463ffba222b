"""What a district may reach is said by its code, so that it can be said before there is one; and
a certificate authority is its text, no longer the path of a file that a district names.
"""

from pathlib import Path
from typing import Any

from django.db import migrations, models

from rollcall.transports.certificates import certificates

_LONGEST = 64 << 10


def by_code(apps: Any, schema_editor: Any) -> None:
    """Each row's code from its district."""
    for one in apps.get_model("engine", "DistrictReach").objects.select_related("district"):
        one.code = one.district.code
        one.save(update_fields=["code"])


def take_in(apps: Any, schema_editor: Any) -> None:
    """The text of each `ca_file` that can be read and holds certificates; else it is dropped."""
    for name in ("Connection", "MailServer", "ConnectionCheck"):
        model = apps.get_model("engine", name)
        for one in model.objects.filter(settings__has_key="ca_file"):
            text = _text(one.settings.pop("ca_file"))
            if text:
                one.settings["ca_certificate"] = text
            one.save(update_fields=["settings"])


def _text(path: object) -> str:
    try:
        with Path(str(path)).open("rb") as file:
            return certificates(file.read(_LONGEST + 1).decode().strip())
    except (OSError, ValueError):
        return ""


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("engine", "0011_installation")]

    operations = [
        migrations.AddField("districtreach", "code", models.TextField(default="")),
        migrations.RunPython(by_code, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField("districtreach", "district"),
        migrations.AlterField("districtreach", "code", models.TextField(unique=True)),
        migrations.RunPython(take_in, migrations.RunPython.noop, elidable=True),
    ]
