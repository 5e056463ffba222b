"""Texts of a partner that no database can keep."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.clock import FakeClock
from tests.minnesota import Capital

from rollcall.core.sending.outbound import Answer, Request, Target
from rollcall.engine.outbound.mirror.refreshing import Reading, refresh
from rollcall.engine.outbound.models import MirrorDocument
from rollcall.engine.outbound.sender.session import Session
from rollcall.engine.settings.config import settings_of
from rollcall.integrations.edfi.integration import INTEGRATION


class Spoilt(Session):
    """A session with a partner who spells Kari in its own way."""

    spelling = b"Kari"

    def ask(self, request: Request) -> Answer:
        answer = super().ask(request)
        return answer._replace(body=answer.body.replace(b'"Kari"', b'"%s"' % self.spelling))


@pytest.mark.parametrize("spelling", [b"Ka\\u0000ri", b"Ka\\ud800ri", b"Ka\\u001fri", b"\\u0000"])
def test_what_the_database_cannot_keep_is_something_else_and_sent_again(
    capital: Capital, spelling: bytes
) -> None:
    capital.student(1)
    capital.run()
    outbound, sync = INTEGRATION.outbound, capital.sync
    settings = settings_of(sync.name, sync.integration, sync.version.config["settings"])
    clock = FakeClock(datetime.now(UTC) + timedelta(hours=2))
    target = Target(settings, sync.district.school_year)
    session = Spoilt(sync, outbound.remote, target, clock)
    session.spelling = spelling
    try:
        assert refresh(Reading(sync, outbound, session, target, clock)) == 3
    finally:
        session.close()
    assert "Kari" not in MirrorDocument.objects.get(sync=sync, resource="students").flat
    again = capital.run("start_year", test=True)
    assert again.counts["students"]["updated"] == 1
