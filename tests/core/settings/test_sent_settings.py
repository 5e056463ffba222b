"""A form changes what was changed in it and nothing else, whatever the shape of the settings."""

from collections.abc import Mapping
from typing import Any, Literal

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from rollcall.core.settings.sent_settings import form_place, laid_over, row_mistakes, shown
from rollcall.core.settings.setting_fields import Kind, SettingField, fields_of


class Route(BaseModel):
    number: str = Field(title="Number")
    seats: int | None = Field(default=None, title="Seats")
    runs: bool = Field(default=True, title="Runs")
    kind: Literal["bus", "van"] = Field(default="bus", title="Kind")


class Limits(BaseModel):
    least: int = Field(default=1, title="Least")
    codes: dict[str, int] = Field(default_factory=dict, title="Codes")


class Unusual(BaseModel):
    model_config = ConfigDict(extra="allow")

    file: str = Field(default="a.csv", title="File")
    count: int | None = Field(default=None, title="Count")
    level: Literal[1, 2] | None = Field(default=None, title="Level")
    safe: bool = Field(default=True, title="Safe")
    stops: tuple[str, ...] = Field(default=(), title="Stops")
    grades: list[int] = Field(default_factory=lambda: [1, 2], title="Grades")
    codes: dict[str, str] = Field(
        default_factory=dict, title="Codes", json_schema_extra={"columns": ["Meal", "Price"]}
    )
    routes: tuple[Route, ...] = Field(default=(), title="Routes")
    limits: Limits = Field(default=Limits(), title="Limits")
    deep: dict[str, list[dict[str, int]]] = Field(default_factory=dict, title="Deep")
    pair: tuple[int, str] | None = Field(default=None, title="Pair")
    anything: Any = Field(default=None, title="Anything")
    itself: "Unusual | None" = Field(default=None, title="Itself")


TEXT = st.text(st.sampled_from("ab ,.\n\r\t0é"), max_size=5)
NUMBER = st.integers(0, 99)


def some(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=values)


ROUTE = st.fixed_dictionaries(
    {"number": TEXT},
    optional={
        "seats": st.none() | NUMBER,
        "runs": st.booleans(),
        "kind": st.sampled_from(["bus", "van"]),
    },
)
LIMITS = some(least=NUMBER, codes=st.dictionaries(TEXT, NUMBER, max_size=3))
VALUES = some(
    file=TEXT,
    count=st.none() | NUMBER,
    level=st.sampled_from([None, 1, 2]),
    safe=st.booleans(),
    stops=st.lists(TEXT, max_size=3),
    grades=st.lists(NUMBER, max_size=3),
    codes=st.dictionaries(TEXT, TEXT, max_size=3),
    routes=st.lists(ROUTE, max_size=3),
    limits=LIMITS,
    deep=st.dictionaries(TEXT, st.lists(st.dictionaries(TEXT, NUMBER))),
    pair=st.none() | st.tuples(NUMBER, TEXT).map(list),
    anything=st.none() | TEXT | st.lists(NUMBER) | st.dictionaries(TEXT, NUMBER),
    itself=st.none() | some(file=TEXT),
    unknown=st.dictionaries(TEXT, NUMBER),
)


def form_of(fields: list[SettingField]) -> dict[str, Any]:
    """What a browser sends of a form in which nothing was touched, line ends as browsers do it."""
    return {
        field.name: _as_browsers(shown(field)) for field in fields if field.kind is not Kind.FILE
    }


def _as_browsers(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _as_browsers(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_as_browsers(part) for part in value]
    return "\r\n".join(value.splitlines()) if isinstance(value, str) else value


@given(saved=VALUES)
def test_a_form_sent_as_it_was_shown_changes_nothing(saved: dict[str, Any]) -> None:
    fields = fields_of(Unusual, saved)
    assert laid_over(saved, fields, form_of(fields)) == saved


@given(saved=VALUES, name=st.sampled_from(["file", "count", "safe", "stops", "routes", "limits"]))
def test_one_changed_field_changes_just_that(saved: dict[str, Any], name: str) -> None:
    fields = fields_of(Unusual, saved)
    sent = form_of(fields)
    changes: dict[str, Any] = {
        "file": "z.csv",
        "count": "123",
        "safe": not sent["safe"],
        "stops": f"{sent.get('stops', '')}\nzz",
        "routes": [*sent.get("routes", ()), {"number": "zz", "runs": True}],
        "limits": {**sent["limits"], "least": "123"},
    }
    if name not in sent:  # shown as one that only the file can set
        return
    after = laid_over(saved, fields, {**sent, name: changes[name]})
    assert {key: value for key, value in after.items() if key != name} == {
        key: value for key, value in saved.items() if key != name
    }
    expected = {
        "file": "z.csv",
        "count": 123,
        "stops": [*saved.get("stops", []), "zz"],
        "routes": [*saved.get("routes", []), {"number": "zz"}],
    }
    if name in expected:
        assert after[name] == expected[name]
    if name == "limits":
        codes = saved.get("limits", {}).get("codes", {})
        assert (after["limits"]["least"], after["limits"].get("codes", {})) == (123, codes)


def test_each_shape_has_its_kind() -> None:
    kinds = {field.name: field.kind for field in fields_of(Unusual, {})}
    assert kinds == {
        "file": Kind.TEXT,
        "count": Kind.NUMBER,
        "level": Kind.CHOICE,
        "safe": Kind.YES_NO,
        "stops": Kind.LIST,
        "grades": Kind.LIST,
        "codes": Kind.MAPPING,
        "routes": Kind.TABLE,
        "limits": Kind.GROUP,
        "deep": Kind.FILE,
        "pair": Kind.FILE,
        "anything": Kind.FILE,
        "itself": Kind.FILE,
    }


def field_of(name: str, values: Mapping[str, Any]) -> SettingField:
    return next(field for field in fields_of(Unusual, values) if field.name == name)


def test_a_mapping_has_the_titles_of_its_columns() -> None:
    assert [part.title for part in field_of("codes", {}).parts] == ["Meal", "Price"]


def test_a_row_is_changed_removed_and_added() -> None:
    saved = {"routes": [{"number": "1", "seats": 9}, {"number": "2"}, {"number": "3"}]}
    routes = field_of("routes", saved)
    rows = shown(routes)
    rows[0]["seats"] = "10"
    rows[1]["remove"] = "on"
    added = [{"number": "", "runs": True, "kind": "bus"}, {"number": "4", "kind": "van"}]
    assert laid_over(saved, [routes], {"routes": [*rows, *added]}) == {
        "routes": [
            {"number": "1", "seats": 10},
            {"number": "3"},
            {"number": "4", "runs": False, "kind": "van"},
        ]
    }


def test_a_table_that_was_not_sent_is_kept() -> None:
    saved = {"routes": [{"number": "1"}], "codes": {"A": "1"}}
    assert laid_over(saved, [field_of("routes", saved), field_of("codes", saved)], {}) == saved


def test_a_mistake_is_where_it_is_in_the_form() -> None:
    saved = {"routes": [{"number": "1"}, {"number": "2"}], "codes": {"A.B": "1", "C": "2"}}
    fields = fields_of(Unusual, saved)
    sent = form_of(fields)
    sent["routes"][0]["remove"] = "on"
    sent["codes"][0]["remove"] = "on"
    assert form_place(fields, sent, "routes.0.seats") == "routes.1.seats"
    assert form_place(fields, sent, "codes.C") == "codes.1.value"
    assert form_place(fields, sent, "file") == "file"


def test_a_code_is_written_once_and_every_value_has_one() -> None:
    fields = fields_of(Unusual, {"codes": {"A": "1"}})
    added = [{"key": "A", "value": "2"}, {"key": "", "value": "3"}]
    sent = {"codes": [{"key": "A", "value": "1"}, *added]}
    mistakes = row_mistakes(fields, sent)
    assert mistakes == {
        "codes.A.[key]": "it is in two rows",
        "codes..[key]": "a value without a code",
    }
    places = [form_place(fields, sent, place) for place in mistakes]
    assert places == ["codes.1.key", "codes.2.key"]
