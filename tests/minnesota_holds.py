"""What the state holds, what the records call for, and what the mirror says: to be compared."""

import json
from typing import Any

import polars as pl
from django.db import connection, transaction
from tests.minnesota import Capital

from rollcall.core.json_documents.fields import JsonResource
from rollcall.core.json_documents.writing import bodies
from rollcall.core.sending.canonical_texts import from_flat
from rollcall.engine.outbound.mirror.planning import views_of
from rollcall.engine.outbound.models import MirrorDocument, Submission
from rollcall.engine.plans.planning import context_for
from rollcall.engine.settings.config import settings_of
from rollcall.integrations.edfi.integration import INTEGRATION
from rollcall.integrations.edfi.resources import RESOURCES

#: By resource, the documents as texts in one order.
Held = dict[str, list[str]]


def at_the_state(capital: Capital) -> Held:
    """What the state holds."""
    return {one.name: _sorted(capital.state.documents(one.name)) for one in _resources()}


def in_the_mirror(capital: Capital) -> Held:
    """What we believe it holds."""
    found = MirrorDocument.objects.filter(sync=capital.sync)
    return {
        one.name: _bodies(
            capital,
            one,
            from_flat(
                one.record,
                pl.Series(
                    list(found.filter(resource=one.name).values_list("flat", flat=True)),
                    dtype=pl.String,
                ),
            ),
        )
        for one in _resources()
    }


def called_for(capital: Capital) -> Held:
    """What the records call for."""
    outbound = INTEGRATION.outbound
    sync = capital.sync
    settings = settings_of(sync.name, sync.integration, sync.version.config.get("settings", {}))
    context = context_for(sync.district, sync.district.school_year, capital.clock)
    with transaction.atomic():
        views = views_of(sync, outbound, context, None, connection.connection)
    frames = outbound.documents(views, settings, context).frames
    return {one.name: _bodies(capital, one, frames[one.name]) for one in _resources()}


def assert_equal(capital: Capital) -> None:
    """The state holds what the records call for and nothing else, but for students, whom it keeps;
    the mirror says the same; nothing waits.
    """
    state, records, mirror = at_the_state(capital), called_for(capital), in_the_mirror(capital)
    left = Submission.objects.filter(sync=capital.sync)
    assert list(left.values_list("resource", "key", "kind", "state", "code")) == []
    for name in state:
        if name == "students":
            assert set(records[name]) <= set(state[name])
            assert set(mirror[name]) <= set(state[name])
            assert set(records[name]) <= set(mirror[name])
        else:
            assert state[name] == records[name], name
            assert mirror[name] == state[name], name


def _resources() -> tuple[JsonResource, ...]:
    return RESOURCES


def _bodies(capital: Capital, resource: JsonResource, frame: pl.DataFrame) -> list[str]:
    texts = bodies(resource, frame, lambda name: f"uri://education.mn.gov/{name}#")
    return _sorted([json.loads(text) for text in texts])


def _sorted(documents: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True) for one in documents)
