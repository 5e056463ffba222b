"""What a district is called, where it is and which school year it processes, for a form.

Saved here as `config apply` saves it. A new school year or zone makes the plans of held runs stale,
and counts from the next run on.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from rollcall.core.settings.setting_fields import SettingField, fields_of, places
from rollcall.engine.settings.config import DistrictConfig, Mistakes
from rollcall.records.models import District

#: All but the code, which addresses and files name the district by.
_EDITABLE = ("name", "state", "timezone", "school_year")


def form(district: District) -> list[SettingField]:
    """The settings as fields, with the values in force."""
    values = {name: getattr(district, name) for name in _EDITABLE}
    return [field for field in fields_of(DistrictConfig, values) if field.name in _EDITABLE]


def new(school_year: str) -> list[SettingField]:
    """The settings of a district that is not there yet, its code first; with a school year."""
    return fields_of(DistrictConfig, {"school_year": school_year})


def save(district: District, fields: Mapping[str, Any]) -> list[str]:
    """Save settings; the names of those that changed. Raises Mistakes by field."""
    try:
        district_config = DistrictConfig(code=district.code, **fields)
    except ValidationError as error:
        raise Mistakes(places(error)) from None
    values = {name: getattr(district_config, name) for name in _EDITABLE}
    changed = [name for name, value in values.items() if getattr(district, name) != value]
    District.objects.filter(pk=district.pk).update(**{name: values[name] for name in changed})
    return changed
