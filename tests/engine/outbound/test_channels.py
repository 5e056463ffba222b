"""The channel of a sync: its token, and what happens when there is none."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.clock import FakeClock
from tests.minnesota import Capital

from rollcall.core.problems import Problem
from rollcall.core.sending.channel import Next
from rollcall.engine.outbound.channels import NO_CONNECTION, open_channel
from rollcall.engine.outbound.models import PartnerSession
from rollcall.engine.settings import installation_settings
from rollcall.integrations.edfi.integration import INTEGRATION
from rollcall.integrations.edfi.settings import EdfiSettings
from rollcall.transports.http_json.channel import JsonChannel
from rollcall.transports.http_json.session import Session
from rollcall.transports.http_messages import Request

STUDENTS = Request("GET", "/data/v3/ed-fi/students?limit=1", None, {})
NOW = datetime(2025, 10, 15, 15, tzinfo=UTC)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


def channel(capital: Capital, clock: FakeClock) -> JsonChannel:
    settings = EdfiSettings(local_education_agency_id="10625000", year_in_path=False)
    opened = open_channel(capital.sync, INTEGRATION.outbound, settings, "2025-2026", clock)
    assert isinstance(opened, JsonChannel)
    return opened


def session(capital: Capital, clock: FakeClock) -> Session:
    return channel(capital, clock)._session


def sign_ins(capital: Capital) -> int:
    answered = capital.state.answered
    return sum(times for name, times in answered.items() if name.startswith("POST"))


def test_one_token_serves_every_session_of_a_connection(capital: Capital, clock: FakeClock) -> None:
    for _ in range(3):
        asking = session(capital, clock)
        assert asking.ask(STUDENTS).status == 200
        asking.close()
    assert capital.state.tokens.given == 1


def test_the_token_is_sealed_where_it_is_kept(capital: Capital, clock: FakeClock) -> None:
    session(capital, clock).ask(STUDENTS)
    kept = PartnerSession.objects.get(connection=capital.sync.connection)
    assert f"{1:032x}" not in kept.sealed
    assert kept.until < NOW + timedelta(seconds=1800)


def test_a_token_is_renewed_before_it_ends(capital: Capital, clock: FakeClock) -> None:
    asking = session(capital, clock)
    asking.ask(STUDENTS)
    clock.time += timedelta(seconds=1700)
    assert asking.ask(STUDENTS).status == 200
    assert capital.state.tokens.given == 2


def test_a_token_that_is_refused_is_not_used_again(capital: Capital, clock: FakeClock) -> None:
    asking = session(capital, clock)
    asking.ask(STUDENTS)
    capital.state.tokens.expire()
    assert asking.ask(STUDENTS).status == 401
    assert asking.ask(STUDENTS).status == 200
    assert capital.state.tokens.given == 2


def test_who_is_not_let_in_asks_ever_more_seldom(capital: Capital, clock: FakeClock) -> None:
    capital.state.tokens.secret = "another"
    waiting = session(capital, clock)
    for _ in range(600):
        clock.time += timedelta(seconds=1)
        while not waiting.signed_in() and waiting._client.under_way:
            waiting.receive(0.1)
    assert waiting.trouble is not None
    assert waiting.trouble.next is Next.REFUSED
    # 1, 2, 4 ... 256 seconds apart, then every five minutes.
    assert sign_ins(capital) <= 11


def test_tokens_that_never_do_are_asked_for_ever_more_seldom(
    capital: Capital, clock: FakeClock
) -> None:
    capital.state.faults.requests_per_token = 1
    waiting = session(capital, clock)
    for _ in range(300):
        clock.time += timedelta(seconds=1)
        capital.state.tokens.expire()
        if waiting.signed_in():
            capital.state.tokens.expire()
            assert waiting.ask(STUDENTS).status == 401
        while waiting._client.under_way:
            waiting.receive(0.1)
    assert capital.state.tokens.given <= 10


def test_an_api_that_does_not_tell_its_order_has_none(capital: Capital, clock: FakeClock) -> None:
    assert channel(capital, clock).order()["students"] >= 0
    capital.state.faults.down = True
    capital.state.break_off()
    assert channel(capital, clock).order() == {}


def test_a_state_that_is_no_longer_allowed_is_not_asked(capital: Capital, clock: FakeClock) -> None:
    installation_settings.withdraw(capital.code, addresses=["loopback"])
    asking = session(capital, clock)
    assert not asking.signed_in()
    while asking.trouble is None:
        asking.receive(0.1)
    asking.close()
    assert asking.trouble.text.startswith("connection.address_not_allowed: ")
    assert capital.state.answered == {}


def test_a_sync_without_a_connection_is_told_to_have_one_to_an_api(
    capital: Capital, clock: FakeClock
) -> None:
    sync = capital.sync
    sync.connection = None
    settings = EdfiSettings(local_education_agency_id="10625000")
    with pytest.raises(Problem) as raised:
        open_channel(sync, INTEGRATION.outbound, settings, "2025-2026", clock)
    assert raised.value.code == NO_CONNECTION
    assert "files" not in str(raised.value)
