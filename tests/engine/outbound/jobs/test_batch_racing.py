"""A batch run while something is sent: its plan may be older than an answer."""

from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from tests.minnesota import Capital
from tests.minnesota_holds import assert_equal

from rollcall.engine.outbound import queue
from rollcall.engine.outbound.jobs import batch
from rollcall.engine.outbound.near_real_time import attending, edits, switch
from rollcall.engine.outbound.sender.record_answers import Outcome, Settled, settle
from rollcall.engine.runs import step_table
from rollcall.engine.runs.steps import Done
from rollcall.records.models import Student


def test_an_answer_between_plan_and_queue_loses_no_edit(
    capital: Capital, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A -> B is on its way and B -> A waits, when the plan finds that the state holds A; then it
    answers that it took B.
    """
    capital.student(1)
    capital.run()
    switch._set(capital.sync, True, "tester", capital.clock)
    sender = attending.sender_of(capital.sync, capital.clock)
    look = partial(
        edits.process_edits, sender.sync, sender.outbound, sender.settings, capital.clock
    )
    Student.objects.filter(district=capital.district).update(first_name="B")
    look()
    with transaction.atomic():
        now = capital.clock.now()
        on_its_way = queue.take(connection.connection, capital.sync.pk, now, 0, 9, [])
    Student.objects.filter(district=capital.district).update(first_name="Kari")
    look()
    put = batch.put

    def answered_before(*given: Any) -> Done:
        with transaction.atomic():
            taken = [Settled(one, Outcome.ACCEPTED) for one in on_its_way]
            settle(connection.connection, capital.sync.pk, taken, now)
        return put(*given)

    monkeypatch.setitem(step_table._WORK, "put", answered_before)
    capital.run("resynchronize")
    sender.channel.close()
    with capital.attended():
        capital.settled()
    assert_equal(capital)
