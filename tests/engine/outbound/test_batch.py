"""Batch jobs: what the records say is what the state holds afterwards."""

from tests.minnesota import Capital

from rollcall.engine.models import RunState
from rollcall.engine.outbound.models import MirrorDocument, Submission


def test_start_year_sends_everybody_and_resynchronise_finds_nothing(capital: Capital) -> None:
    for number in range(1, 6):
        capital.student(number)
    run = capital.run()
    assert (run.state, run.findings) == (RunState.DONE, []), run.error_text
    assert len(capital.state.documents("students")) == 5
    assert len(capital.state.documents("studentSchoolAssociations")) == 5
    assert not Submission.objects.filter(sync=capital.sync).exists()
    again = capital.run("resynchronise")
    assert again.state == RunState.DONE
    changed = {name: (n["added"], n["updated"], n["removed"]) for name, n in again.counts.items()}
    assert set(changed.values()) == {(0, 0, 0)}
    assert MirrorDocument.objects.filter(sync=capital.sync, resource="students").count() == 5


def test_a_test_run_shows_and_sends_nothing(capital: Capital) -> None:
    capital.student(1)
    run = capital.run(test=True)
    assert run.state == RunState.DONE
    assert run.counts["students"]["added"] == 1
    assert capital.state.documents("students") == []
    assert not Submission.objects.filter(sync=capital.sync).exists()
