"""Texts of a partner that no database can keep."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.clock import FakeClock
from tests.minnesota import Capital

from rollcall.engine.outbound.channels import open_channel
from rollcall.engine.outbound.mirror.refreshing import Reading, refresh
from rollcall.engine.outbound.models import MirrorDocument
from rollcall.engine.settings.config import settings_of
from rollcall.integrations.edfi.integration import INTEGRATION
from rollcall.transports.http_json.channel import JsonChannel
from rollcall.transports.http_messages import Answer, Request


@pytest.mark.parametrize("spelling", [b"Ka\\u0000ri", b"Ka\\ud800ri", b"Ka\\u001fri", b"\\u0000"])
def test_what_the_database_cannot_keep_is_something_else_and_sent_again(
    capital: Capital, spelling: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    capital.student(1)
    capital.run()
    outbound, sync = INTEGRATION.outbound, capital.sync
    settings = settings_of(sync.name, sync.integration, sync.version.config["settings"])
    clock = FakeClock(datetime.now(UTC) + timedelta(hours=2))
    channel = open_channel(sync, outbound, settings, sync.district.school_year, clock)
    assert isinstance(channel, JsonChannel)
    ask = channel._session.ask

    def spoilt(request: Request) -> Answer:
        answer = ask(request)
        return answer._replace(body=answer.body.replace(b'"Kari"', b'"%s"' % spelling))

    monkeypatch.setattr(channel._session, "ask", spoilt)
    try:
        assert refresh(Reading(sync, outbound.resources, channel, clock)) == 3
    finally:
        channel.close()
    assert "Kari" not in MirrorDocument.objects.get(sync=sync, resource="students").flat
    again = capital.run("start_year", test=True)
    assert again.counts["students"]["updated"] == 1
