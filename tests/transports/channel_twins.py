"""What the contract of channels is tried on: a partner over real HTTP and one in memory."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from tests.reach import HERE
from tests.sandbox.edfi import client

from rollcall.core.json_documents.reading import flat
from rollcall.core.sending.canonical_texts import key_texts
from rollcall.core.sending.channel import Channel, Limits, Opening, SharedSession
from rollcall.integrations.edfi import api
from rollcall.integrations.edfi.resources import (
    RESOURCES,
    SCHOOL_ASSOCIATIONS,
    STUDENTS,
)
from rollcall.integrations.edfi.settings import EdfiSettings, namespace
from rollcall.sandbox.edfi import EdfiServer
from rollcall.transports.http import HttpClient
from rollcall.transports.http_json.channel import JsonChannel
from rollcall.transports.memory_channel import MemoryChannel, MemoryPartner, MemorySession
from rollcall.transports.settings import HttpSettings

STUDENT, ENROLLMENT = STUDENTS.name, SCHOOL_ASSOCIATIONS.name
AT_ONCE = 4
PAGE = 3
_SETTINGS = EdfiSettings(local_education_agency_id="10625000", year_in_path=False)
_DECLARED = {resource.name: resource for resource in RESOURCES}


def student(number: int, **values: Any) -> pl.DataFrame:
    """A student's document as columns."""
    return _columns(STUDENT, client.student(_id(number), **values))


def enrollment(number: int, day: str = "2025-09-02", **values: Any) -> pl.DataFrame:
    """An enrollment as columns."""
    return _columns(ENROLLMENT, client.enrollment(_id(number), entryDate=day, **values))


def _id(number: int) -> str:
    return f"{1062500000000 + number}"


def _columns(resource: str, body: dict[str, Any]) -> pl.DataFrame:
    return flat(_DECLARED[resource], [body], lambda name: namespace(_SETTINGS, name))


def key_of(resource: str, document: pl.DataFrame) -> str:
    return str(key_texts(_DECLARED[resource].record, document).item())


class Twin(ABC):
    """A partner that can be told how to behave, and channels to it."""

    def __init__(self) -> None:
        self.session: SharedSession = MemorySession()
        self.limits = Limits(AT_ONCE)
        self._ahead = timedelta(0)

    def later(self, seconds: float) -> None:
        """Let time pass for the channels."""
        self._ahead += timedelta(seconds=seconds)

    def _clock(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    @contextmanager
    def channel(self) -> Iterator[Channel]:
        opened = self.open()
        try:
            yield opened
        finally:
            opened.close()

    @abstractmethod
    def open(self) -> Channel: ...

    @abstractmethod
    def keys(self, resource: str) -> set[str]:
        """The key texts of the documents it has."""

    @abstractmethod
    def refuse(self, resource: str, document: pl.DataFrame, text: str) -> None: ...

    @abstractmethod
    def is_away(self, away: bool) -> None: ...

    @abstractmethod
    def is_slow(self) -> None: ...

    @abstractmethod
    def end_sessions(self) -> None: ...

    @abstractmethod
    def lets_in(self, lets_in: bool) -> None: ...


class OverHttp(Twin):
    """The stand-in state of sandbox/edfi, over real HTTP."""

    def __init__(self, state: EdfiServer) -> None:
        super().__init__()
        self.state = state

    def open(self) -> Channel:
        where = {"url": self.state.url, "key": self.state.key, "secret": "demo"}
        http = HttpClient(HttpSettings.model_validate(where), HERE)
        opening = Opening(http, _SETTINGS, "2025-2026", self._clock, self.session)
        limited = replace(api.API, limits=lambda settings: self.limits)
        return JsonChannel(opening, limited, RESOURCES)

    def keys(self, resource: str) -> set[str]:
        bodies = self.state.documents(resource)
        return {key_of(resource, _columns(resource, body)) for body in bodies}

    def refuse(self, resource: str, document: pl.DataFrame, text: str) -> None:
        key = document.select(list(_DECLARED[resource].record.key)).row(0)
        self.state.faults.refuse(resource, tuple(map(str, key)), text=text)

    def is_away(self, away: bool) -> None:
        self.state.faults.down = away
        self.state.break_off()

    def is_slow(self) -> None:
        self.state.faults.set({"latency": 0.05, "methods": ("GET", "POST", "PUT", "DELETE")})

    def end_sessions(self) -> None:
        self.state.tokens.expire()

    def lets_in(self, lets_in: bool) -> None:
        self.state.tokens.secret = "demo" if lets_in else "another"
        self.state.tokens.expire()


class InMemory(Twin):
    """The partner in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.partner = MemoryPartner(
            RESOURCES,
            parents={ENROLLMENT: STUDENT},
            groups={ENROLLMENT: "school_id"},
            page_size=PAGE,
        )

    def open(self) -> Channel:
        opening = Opening(None, None, "2025-2026", self._clock, self.session)
        return MemoryChannel(opening, self.partner, self.limits)

    def keys(self, resource: str) -> set[str]:
        return set(self.partner.tables[resource])

    def refuse(self, resource: str, document: pl.DataFrame, text: str) -> None:
        self.partner.refuse(resource, key_of(resource, document), text)

    def is_away(self, away: bool) -> None:
        self.partner.away = away

    def is_slow(self) -> None:
        self.partner.delay = 3

    def end_sessions(self) -> None:
        self.partner.end_sessions()

    def lets_in(self, lets_in: bool) -> None:
        self.partner.lets_in = lets_in
        self.partner.end_sessions()


@pytest.fixture(params=["http with json", "memory"])
def twin(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Twin]:
    """A partner of each kind, empty and in good order."""
    if request.param == "memory":
        yield InMemory()
        return
    monkeypatch.setattr(api, "PAGE", PAGE)
    with EdfiServer() as state:
        yield OverHttp(state)


__all__ = ["Twin", "enrollment", "key_of", "student", "twin"]
