"""The settings of a CASEMIS sync."""

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from rollcall.core.files.layouts import BadField, ReadOptions
from rollcall.core.files.validate import DATE_FORMATS
from rollcall.integrations.casemis.settings import CasemisSettings, DateFormat


def test_students_are_always_read_and_services_only_when_named() -> None:
    assert CasemisSettings().students_file == "CASEMISA.csv"
    assert CasemisSettings().services_file is None
    assert CasemisSettings(services_file="").services_file is None
    assert CasemisSettings(services_file="B.csv").services_file == "B.csv"


def test_a_file_may_be_written_in_any_form_unless_the_settings_say() -> None:
    assert CasemisSettings().options == ReadOptions("auto", "auto", "auto", BadField.REJECT)
    given = {"encoding": "cp1252", "header": "no", "date_format": "MMDDYYYY", "bad_field": "keep"}
    options = CasemisSettings.model_validate(given).options
    assert options == ReadOptions("cp1252", "no", "MMDDYYYY", BadField.KEEP)


def test_the_date_forms_are_those_the_core_reads() -> None:
    assert get_args(DateFormat) == ("auto", *DATE_FORMATS)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"student_file": "A.csv"}, "Extra inputs are not permitted"),
        ({"students_file": ""}, "at least 1 character"),
        ({"services_columns": ["SSID", "SERVCE"]}, "unknown column SERVCE; choose from REPT_DATE"),
        ({"services_columns": ["SSID", "SERVICE", "SSID"]}, "column named twice: SSID"),
        ({"services_columns": ["SSID", "SERVICE", "FILLER", "FILLER"]}, "named twice: FILLER"),
        ({"services_columns": ["SSID", "PROVIDER"]}, "SERVICE is needed"),
        ({"services_columns": ["SERVICE", "SELPA_CODE"]}, "and SSID or STUDENT_ID"),
        ({"date_format": "DD.MM.YYYY"}, "MM/DD/YYYY"),
    ],
)
def test_mistakes_are_refused_and_named(wrong: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        CasemisSettings.model_validate(wrong)


def test_every_setting_is_described() -> None:
    assert all(field.description for field in CasemisSettings.model_fields.values())


def test_columns_may_be_left_unused() -> None:
    columns = ["SSID", "FILLER", "FILLER2", "SERVICE"]
    assert CasemisSettings.model_validate({"services_columns": columns}).services_columns
