"""All of sending over another channel than HTTP: nothing above it is any different."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.minnesota import Capital

from rollcall.core.sending.channel import Limits
from rollcall.engine import registry
from rollcall.engine.models import Alert, AlertState, RunState
from rollcall.engine.outbound.models import MirrorDocument, Submission
from rollcall.engine.outbound.near_real_time import switch
from rollcall.integrations.edfi.integration import INTEGRATION
from rollcall.integrations.edfi.resources import RESOURCES
from rollcall.records.models import Enrollment, Student
from rollcall.transports.memory_channel import MemoryChannel, MemoryPartner

ENROLLMENT = "studentSchoolAssociations"


@pytest.fixture
def partner(capital: Capital, monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryPartner]:
    """A partner in memory in the place of the state; three students."""
    partner = MemoryPartner(RESOURCES, parents={ENROLLMENT: "students"}, page_size=2)
    outbound = replace(
        INTEGRATION.outbound, channel=lambda opening: MemoryChannel(opening, partner, Limits(8))
    )
    other = replace(INTEGRATION, outbound=outbound)
    known = registry.integration
    monkeypatch.setattr(
        registry, "integration", lambda name: other if name == INTEGRATION.name else known(name)
    )
    for number in (1, 2, 3):
        capital.student(number)
    yield partner
    assert capital.state.answered == {}


def mirror(capital: Capital) -> set[tuple[str, str]]:
    documents = MirrorDocument.objects.filter(sync=capital.sync)
    return set(documents.values_list("resource", "key"))


def at_the_partner(partner: MemoryPartner) -> set[tuple[str, str]]:
    return {(name, key) for name, table in partner.tables.items() for key in table}


def test_a_year_is_started_edited_and_resynchronized(
    capital: Capital, partner: MemoryPartner
) -> None:
    run = capital.run("start_year")
    assert run.state == RunState.DONE
    assert len(at_the_partner(partner)) == 9
    assert mirror(capital) == at_the_partner(partner)
    switch.turn_on(capital.sync, "tester", capital.clock)
    with capital.attended():
        Enrollment.objects.filter(district=capital.district, local_id="000001").update(
            school_code="020"
        )
        capital.settled()
        partner.end_sessions()
        Student.objects.filter(district=capital.district).update(first_name="Solveig")
        capital.settled()
    names = {stored.document.row["first_name"] for stored in partner.tables["students"].values()}
    assert names == {"Solveig"}
    # What others changed there is found again.
    partner.tables[ENROLLMENT].popitem()
    assert capital.run("resynchronize").counts[ENROLLMENT]["added"] == 1
    assert mirror(capital) == at_the_partner(partner)


def test_what_it_refuses_is_an_alert_until_it_is_taken(
    capital: Capital, partner: MemoryPartner
) -> None:
    partner.refuse("students", "0625000000002", "This number is not known here.")
    capital.run("start_year")
    alerts = Alert.objects.filter(sync=capital.sync, state=AlertState.OPEN)
    assert "This number is not known here." in alerts.get(code="partner.refused").text
    assert Submission.objects.filter(sync=capital.sync, state="parent").exists()
    partner.refusals.clear()
    capital.run("start_year")
    assert not Submission.objects.filter(sync=capital.sync).exists()
    assert not alerts.exists()
