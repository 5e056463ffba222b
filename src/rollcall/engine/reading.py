"""Read a run's inputs by their layouts, and show single lines as they were written."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial

import polars as pl
from pydantic import BaseModel

from rollcall.core.integration import Integration, LineText
from rollcall.core.read import read_table, record_text
from rollcall.core.tables import Form, Table
from rollcall.engine import artifacts, plan_store
from rollcall.engine.models import Artifact, Run
from rollcall.engine.progress import Progress

_FORMS = "forms.json"


def read(
    run: Run,
    integration: Integration,
    settings: BaseModel,
    inputs: Mapping[str, Artifact],
    progress: Progress,
) -> dict[str, Table]:
    """Every input as a Table; raises UnreadableInput when one is none at all."""
    tables: dict[str, Table] = {}
    for input in integration.inputs:
        if input.name in inputs:
            before = sum(table.read for table in tables.values())
            tables[input.name] = read_table(
                artifacts.blocks(artifacts.checked_path(inputs[input.name])),
                input.layout(settings),
                input.options(settings),
                input=input.name,
                id_field=input.id_field,
                progress=partial(_more, progress, before),
            )
    _remember(run, tables)
    return tables


def _more(progress: Progress, before: int, rows: int) -> None:
    progress.rows(before + rows)


def _remember(run: Run, tables: Mapping[str, Table]) -> None:
    forms = {name: asdict(table.form) for name, table in tables.items()}
    artifacts.store(run, "plan", _FORMS, [json.dumps(forms).encode()])
    for name, table in tables.items():
        plan_store.write(run, f"{name}.offsets", table.offsets.alias("offset").to_frame())


def line_text(run: Run) -> LineText:
    """A function that shows records of this run's inputs as they were written."""

    def texts(input: str, lines: pl.Series) -> pl.DataFrame:
        form = form_of(run, input)
        artifact = run.artifacts.get(kind="input", name=input)
        starts = plan_store.read(run, f"{input}.offsets")["offset"]
        ends = starts.shift(-1, fill_value=artifact.size)
        asked = lines.cast(pl.Int64) - 1
        with artifacts.checked_path(artifact).open("rb") as file:
            found = []
            for start, end in zip(starts.gather(asked), ends.gather(asked), strict=True):
                file.seek(start)
                found.append(record_text(file.read(end - start), form))
        schema = {"line": pl.UInt32(), "text": pl.String()}
        return pl.DataFrame({"line": lines, "text": found}, schema=schema)

    return texts


def form_of(run: Run, input: str) -> Form:
    """How an input of the run turned out to be written."""
    form = json.loads(plan_store.path(run, _FORMS).read_bytes())[input]
    return Form(**{**form, "header": form["header"] and tuple(form["header"])})
