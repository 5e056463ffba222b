"""Asking about a line: what is said when there is nothing to explain."""

import pytest
from tests.town import Town

from rollcall.core.problems import Problem
from rollcall.engine.explaining import explain


def test_a_run_that_ended_before_it_decided_explains_no_row(town: Town) -> None:
    failed = town.run()
    with pytest.raises(Problem) as raised:
        explain(failed, 1)
    assert raised.value.code == "explain.no_plan"


def test_an_input_the_integration_does_not_have_is_named_as_such(town: Town) -> None:
    failed = town.run()
    with pytest.raises(Problem) as raised:
        explain(failed, 1, "nope")
    assert raised.value.code == "input.unknown"
