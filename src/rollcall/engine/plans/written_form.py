"""How a run's inputs turned out to be written: kept with the plan, to show lines as they were."""

import json
from collections.abc import Mapping
from dataclasses import asdict

from rollcall.core.files.tables import Form
from rollcall.engine import artifacts
from rollcall.engine.models import Run
from rollcall.engine.plans import plan_store

_FORMS = "forms.json"


def keep_forms(run: Run, forms: Mapping[str, Form]) -> None:
    """Store the form of each input."""
    by_input = {name: asdict(form) for name, form in forms.items()}
    artifacts.store(run, "plan", _FORMS, [json.dumps(by_input).encode()])


def form_of(run: Run, input: str) -> Form:
    """The form of an input of the run; Problem when it is damaged or gone."""
    form = json.loads(plan_store.path(run, _FORMS).read_bytes())[input]
    return Form(**{**form, "header": form["header"] and tuple(form["header"])})
