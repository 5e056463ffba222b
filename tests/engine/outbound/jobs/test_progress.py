"""The steps of a run that sends, as a page that watches it shows them."""

from tests.minnesota import Capital

from rollcall.engine.models import Run
from rollcall.engine.runs.run_timing import Stage, live


def stages(run: Run, capital: Capital) -> dict[str, Stage]:
    found = Run.objects.select_related("sync").get(pk=run.pk)
    return {one.step: one.stage for one in live(found, capital.clock).steps}


def test_a_run_reads_plans_sends_and_reports(capital: Capital) -> None:
    capital.student(1)
    told = stages(capital.run(), capital)
    assert list(told) == ["fetch", "plan", "guard", "apply", "send", "report", "notify"]
    assert set(told.values()) == {Stage.DONE}


def test_a_test_run_sends_nothing(capital: Capital) -> None:
    capital.student(1)
    told = stages(capital.run(test=True), capital)
    assert (told["apply"], told["send"]) == (Stage.SKIPPED, Stage.SKIPPED)
    assert told["guard"] == Stage.DONE


def test_a_job_that_asks_the_partner_nothing_has_no_step_for_it(capital: Capital) -> None:
    capital.student(1)
    assert "fetch" not in stages(capital.run("update_grade", about={"grade": "5"}), capital)
