"""Documents that failed at one moment do not come back at one moment."""

from datetime import UTC, datetime, timedelta

from tests.clock import FakeClock
from tests.minnesota import Capital

from rollcall.core.sending.channel import Next, Verdict
from rollcall.engine.outbound.near_real_time import attending
from rollcall.engine.outbound.queue import QueuedSubmission

NOW = datetime(2025, 10, 15, 15, tzinfo=UTC)


def taken(number: int) -> QueuedSubmission:
    return QueuedSubmission(
        id=number, resource="students", key=str(number), old_key=None, local_id=str(number),
        kind="add", flat="", digest="", version=1, run_id=None, attempts=4, tried=True, due=True,
        next_attempt=None, in_turn=True, remote_id="",
    )  # fmt: skip


def test_they_come_back_by_and_by(capital: Capital) -> None:
    sender = attending.sender_of(capital.sync, FakeClock(NOW))
    try:
        settled = [sender._settled(taken(n), Verdict(Next.AGAIN)) for n in range(50)]
        asked = sender._settled(taken(50), Verdict(Next.AGAIN, after=60))
    finally:
        sender.close()
    pauses = {one.next_attempt - NOW for one in settled if one.next_attempt is not None}
    assert len(pauses) > 40
    assert all(timedelta(seconds=8) <= pause <= timedelta(seconds=16) for pause in pauses)
    assert asked.next_attempt == NOW + timedelta(seconds=60)
