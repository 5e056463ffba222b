"""The table of connection kinds: each entry is all that its kind needs."""

import ast
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from tests.reach import HERE
from tests.source import SOURCE, modules

from rollcall.core.settings.setting_fields import fields_of
from rollcall.transports.check import StepState, check
from rollcall.transports.errors import NO_FILES, TransportError
from rollcall.transports.kinds import (
    KINDS,
    connection_settings,
    holds_files,
    kind_of,
    open_transport,
)

#: Of each kind settings that lead nowhere.
NOWHERE: dict[str, dict[str, Any]] = {
    "folder": {"path": "/nowhere/at/all"},
    "sftp": {"host": "localhost", "port": 1, "user": "u", "password": "p"},
    "smb": {"host": "localhost", "port": 1, "user": "u", "password": "p", "directory": "share"},
    "http": {"url": "http://localhost:1", "key": "k", "secret": "s"},
}
#: Who uses a server of a kind for something else than a connection of a district.
OWN_USE = ("transports", "engine/mail", "engine/settings/mail_settings.py", "access/openid.py")


def test_all_kinds_are_tried_here() -> None:
    assert set(NOWHERE) == set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_a_form_and_a_title_are_made_of_it(name: str) -> None:
    kind = KINDS[name]
    assert kind.title
    assert kind.settings.__doc__
    assert all(field.title for field in fields_of(kind.settings, {}))


@pytest.mark.parametrize("name", KINDS)
def test_its_settings_are_read_by_its_name_and_say_where_they_lead(name: str) -> None:
    settings = connection_settings({"type": name, **NOWHERE[name]})
    assert kind_of(settings) is KINDS[name]
    field, folder, host = settings.lead
    assert field in type(settings).model_fields
    assert bool(folder) != bool(host)
    with pytest.raises(ValidationError):
        connection_settings({"type": name})


@pytest.mark.parametrize("name", KINDS)
def test_its_connection_test_says_why_it_fails(name: str) -> None:
    settings = connection_settings({"type": name, **NOWHERE[name]})
    steps = check(settings, ["a.csv"], HERE, lambda: datetime.now(UTC))
    assert [step.title for step in steps if not step.title] == []
    (failed, *_) = [step for step in steps if step.state is StepState.FAILED]
    assert failed.code and failed.advice


@pytest.mark.parametrize("name", [name for name in KINDS if not holds_files(name)])
def test_where_no_files_are_none_are_opened(name: str) -> None:
    settings = connection_settings({"type": name, **NOWHERE[name]})
    with pytest.raises(TransportError) as raised, open_transport(settings, HERE):
        pass
    assert raised.value.code == NO_FILES


def test_nobody_above_the_transports_names_a_kind() -> None:
    """What differs between kinds is in the table, not in questions which one it is."""
    classes = {kind.settings.__name__ for kind in KINDS.values()}
    naming = {
        path.relative_to(SOURCE).as_posix()
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.alias) and node.name in classes
    }
    assert [path for path in sorted(naming) if not path.startswith(OWN_USE)] == []
