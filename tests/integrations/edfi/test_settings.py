"""What the settings of an Ed-Fi sync may say, and the words of a mistake."""

import pytest
from pydantic import ValidationError

from rollcall.core.settings.setting_fields import places
from rollcall.integrations.edfi.catalog import CODES
from rollcall.integrations.edfi.settings import EdfiSettings


def mistakes(**given: object) -> dict[str, str]:
    with pytest.raises(ValidationError) as raised:
        EdfiSettings.model_validate({"local_education_agency_id": "10625000", **given})
    return places(raised.value)


@pytest.mark.parametrize("setting", ["checks_off", "checks_as_warnings"])
def test_a_check_that_is_none_is_a_mistake(setting: str) -> None:
    ((place, what),) = mistakes(**{setting: ["edfi.no_gender", "edfi.no_gendre"]}).items()
    assert (place, "there is no check edfi.no_gendre" in what) == (f"{setting}.1", True)


def test_every_check_may_be_left_out() -> None:
    given = {"local_education_agency_id": "10625000", "checks_off": sorted(CODES)}
    assert len(EdfiSettings.model_validate(given).checks_off) == len(CODES)


def test_a_mistake_is_told_without_the_pattern() -> None:
    said = mistakes(local_education_agency_id="0625")["local_education_agency_id"]
    assert said == "not written as it has to be; see what is said of this setting"
