"""Settings as fields of a form, from the model's own schema, and back."""

from typing import Literal

from pydantic import BaseModel, Field, SecretStr, ValidationError

from rollcall.core.settings.config_diff import Difference, differences
from rollcall.core.settings.sent_settings import from_form
from rollcall.core.settings.setting_fields import Kind, SettingField, fields_of, places


class Model(BaseModel):
    kind: Literal["only"] = "only"
    file: str = Field(title="File", description="name of the file")
    services: str | None = Field(default=None, title="Services", description="Another file.")
    digits: int = Field(default=10, ge=0, le=1000, title="Digits", description="how many")
    seconds: float = Field(default=30, gt=0, le=600, title="Seconds", description="how long")
    header: Literal["auto", "yes"] = Field(default="auto", title="Header", description="whether")
    safe: bool = Field(default=True, title="Safe", description="whether it is safe")
    columns: tuple[str, ...] = Field(default=("A", "B"), title="Columns", description="which")
    certificate: str | None = Field(
        default=None, title="Certificate", json_schema_extra={"format": "multi-line"}
    )
    password: SecretStr | None = Field(default=None, title="Password", description="secret")


def named(values: dict[str, object] | None = None) -> dict[str, SettingField]:
    return {field.name: field for field in fields_of(Model, values or {})}


def test_each_setting_has_its_kind_its_words_and_its_range() -> None:
    fields = named({"digits": 9})
    assert {name: field.kind for name, field in fields.items()} == {
        "file": Kind.TEXT,
        "services": Kind.TEXT,
        "digits": Kind.NUMBER,
        "seconds": Kind.NUMBER,
        "header": Kind.CHOICE,
        "safe": Kind.YES_NO,
        "columns": Kind.LIST,
        "certificate": Kind.LINES,
        "password": Kind.SECRET,
    }
    assert (fields["file"].title, fields["file"].help) == ("File", "Name of the file.")
    assert fields["file"].required
    assert (fields["digits"].default, fields["digits"].value) == (10, 9)
    assert (fields["digits"].range, fields["digits"].whole) == ("0 to 1,000", True)
    assert fields["seconds"].range == "more than 0, at most 600"
    assert fields["header"].choices == ("auto", "yes")


def test_a_text_of_several_lines_is_the_same_however_its_lines_end() -> None:
    fields = fields_of(Model, {"file": "A", "certificate": "a\r\nb\n"})
    (certificate,) = (field for field in fields if field.name == "certificate")
    assert certificate.value == "a\nb"
    assert from_form([certificate], {"certificate": " a\r\nb\r\n"}) == {"certificate": "a\nb"}
    assert from_form([certificate], {"certificate": "  "}) == {}


def test_a_secret_shows_that_it_is_set_and_never_its_value() -> None:
    field = named({"password": "hunter2"})["password"]
    assert (field.is_set, field.value, field.default) == (True, None, None)
    assert "hunter2" not in repr(field)


def test_what_a_form_sends_is_read_and_what_is_default_is_not_set() -> None:
    sent = {
        "file": " A.csv ",
        "services": "",
        "digits": "1,000",
        "seconds": "30",
        "header": "auto",
        "columns": "A, B\nC",
        "password": "",
    }
    read = from_form(fields_of(Model, {"header": "yes"}), sent)
    assert read == {
        "file": "A.csv",
        "digits": 1000,
        "header": "auto",  # it was set before
        "safe": False,  # browsers do not send a box that is not ticked
        "columns": ["A", "B", "C"],
    }
    assert Model.model_validate(read).columns == ("A", "B", "C")


def test_a_number_that_is_none_is_left_for_the_model_to_refuse() -> None:
    read = from_form(fields_of(Model, {}), {"file": "A", "digits": "ten"})
    try:
        Model.model_validate(read)
    except ValidationError as error:
        assert list(places(error, "settings")) == ["settings.digits"]
        assert "ten" not in str(places(error))
    else:
        raise AssertionError


def test_differences_name_the_way_and_both_sides_with_defaults() -> None:
    before = {"settings": {"file": "A"}, "recipients": ["a@x.org"], "schedule": {"enabled": True}}
    after = {"settings": {"file": "B", "header": "auto"}, "recipients": ["a@x.org", "b@x.org"]}
    defaults = {"settings": {"header": "auto"}, "schedule": {"enabled": False}}
    assert differences(before, after, defaults) == [
        Difference("settings.file", "A", "B"),
        Difference("recipients", "a@x.org", "a@x.org, b@x.org"),
        Difference("schedule.enabled", "yes", "no"),
    ]
