"""The document for people: what the page says of an operation."""

from rollcall.api.document import api
from rollcall.api.reading import Field, by_subject

SHOWN = by_subject(api.openapi())
BY_ID = {one.id: one for operations in SHOWN.values() for one in operations}


def field(operation: str, name: str) -> Field:
    return next(one for one in BY_ID[operation].fields if one.name == name)


def test_operations_stand_below_their_subject() -> None:
    assert list(SHOWN)[:2] == ["Syncs", "Runs"]
    assert BY_ID["start_run"] in SHOWN["Syncs"]


def test_every_operation_says_what_it_does() -> None:
    assert [one.id for one in BY_ID.values() if len(one.summary) < 8] == []


def test_a_field_says_its_place_type_and_meaning() -> None:
    assert field("list_runs", "before").kind == "number"
    assert field("list_runs", "state").kind.startswith("queued, running, held")
    assert field("search_students", "text").needed
    assert field("start_run", "test").help == "decide everything, write nothing"
    assert field("start_run", "name").where == "path"


def test_the_kinds_of_a_body_are_named() -> None:
    assert BY_ID["start_run"].kinds == ["application/json", "multipart/form-data"]
    assert BY_ID["show_run"].kinds == []
