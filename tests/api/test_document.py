"""Property tests over the API's own document, against the real app on a real district: no server
errors, and every answer is as the document says.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from ninja import Schema
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.api.programs import token_text
from tests.town import RowMaker, Town

from rollcall.access.roles import Role
from rollcall.api import callers
from rollcall.engine.models import Alert, Run
from rollcall.engine.settings import sync_settings
from rollcall.records.models import Student

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_wsgi("/api/openapi.json", get_wsgi_application())
# One method that no operation has stands for all that an address does not have.
SCHEMA.config.phases.coverage.unexpected_methods = {"trace"}


@pytest.fixture(scope="module")
def one_connection(wired: None) -> Iterator[None]:
    """The database's connection outlives a request, as it does with Django's own test client."""
    connection.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)
        yield
    connection.close()


@pytest.fixture(scope="module")
def token(one_connection: None, town_of_five: tuple[Town, RowMaker]) -> str:
    """An admin's token in a district with history: loaded, run, held, with alerts."""
    town, line = town_of_five
    town.apply(guards={"minimum_population": 1, "rejected": {"percent": 30}})
    good = line(SSID="0000000001", PLAN_TYPE="10")
    town.drop("A.csv", f"{good}\n{line(LAST_NAME='Lee', FIRST_NAME='Kip')}\n".encode())
    town.run()
    town.drop("A.csv", f"{good}\n{line(SSID='0000000002', PLAN_TYPE='99')}\n".encode())
    assert town.run().state == "held"
    to_state = {"settings": {"local_education_agency_id": "10625000"}}
    sync_settings.create(town.district, "state", "edfi", to_state, town.clock, "tester")
    return token_text(town, Role.ADMIN)


@pytest.fixture
def there(
    town_of_five: tuple[Town, RowMaker], token: str, monkeypatch: pytest.MonkeyPatch
) -> dict[str, list[int]]:
    """Of addresses that begin so, the numbers of what is there."""
    town, _ = town_of_five
    monkeypatch.setattr(callers, "clock", town.clock)
    runs = Run.objects.filter(sync=town.sync).exclude(plan_sha256="")
    alerts = Alert.objects.filter(district=town.district)
    students = Student.objects.filter(district=town.district)
    found = {"/runs/": runs, "/alerts/": alerts, "/students/": students, "/records/": students}
    return {start: list(of.values_list("pk", flat=True)) for start, of in found.items()}


# The client that schemathesis asks with leaves answers open, which servers close.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@SCHEMA.parametrize()
@settings(
    max_examples=2,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_as_the_document_says(
    case: schemathesis.Case[Any], token: str, there: dict[str, list[int]]
) -> None:
    _aim(case, there)
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)


#: Names that are there.
_NAMES = {
    "/syncs/": "casemis",
    "/flow": "state",
    "/documents": "state",
    "/live": "state",
    "/level2": "state",
    "/reports/": "CASEMIS_TypeA_UnmatchedRecords.csv",
    "/failed-rows/": "A_failed_rows_of_run_{number}.csv",
}
_QUERY = {"input": "students", "record": "special_education"}


def _aim(case: schemathesis.Case[Any], there: dict[str, list[int]]) -> None:
    """Of two examples, ask in one for something that is there."""
    luck = sum(len(str(part)) for part in (case.query, case.body, case.path_parameters))
    if luck % 2:
        return
    parts, path = case.path_parameters, case.path
    for start, numbers in there.items():
        if path.startswith(f"/api{start}") and "number" in parts and numbers:
            parts["number"] = numbers[luck % len(numbers)]
    for start, name in _NAMES.items():
        if start in path and "name" in parts:
            parts["name"] = name.format(**parts)
    for name, value in _QUERY.items():
        if name in (case.query or {}):
            case.query[name] = value


def test_each_name_of_a_shape_is_of_one_shape() -> None:
    """Two shapes of one name: the document would say the one where the other is answered."""

    def below(kind: type[Schema]) -> Iterator[type[Schema]]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    ours = {one for one in below(Schema) if one.__module__.startswith("rollcall.")}
    names = Counter(one.__name__ for one in ours)
    assert {name for name, count in names.items() if count > 1} == set()
