"""Read a run's inputs by their layouts, and show single lines as they were written."""

from collections.abc import Callable, Mapping
from functools import cached_property, partial

import polars as pl
from pydantic import BaseModel

from rollcall.core.files.read import read_table, record_text
from rollcall.core.files.tables import Table
from rollcall.core.integration import Integration, LineText
from rollcall.engine import artifacts
from rollcall.engine.models import Artifact, Run
from rollcall.engine.plans import earlier_lines, plan_store
from rollcall.engine.plans.earlier_lines import Remembered
from rollcall.engine.plans.planning import snapshot_transaction


class Read:
    """A run's inputs as they were read. `table`: with `remembered`, only the lines that no earlier
    run decided.
    """

    def __init__(
        self,
        read_all: Callable[[], dict[str, Table]],
        remembered: Remembered | None = None,
        new_rows: Table | None = None,
    ) -> None:
        self._read_all = read_all
        self.remembered, self.others = remembered, new_rows

    @cached_property
    def tables(self) -> dict[str, Table]:
        """Every input, whole."""
        return self._read_all()


#: What a job that reads no files has read.
NOTHING_READ = Read(dict)


def read(
    run: Run,
    integration: Integration,
    settings: BaseModel,
    inputs: Mapping[str, Artifact],
    rows_done: Callable[[int], None],
) -> Read:
    """Read what is to be decided; raises UnreadableInput when an input is none at all."""
    with snapshot_transaction() as (database, _):
        remembered = earlier_lines.recall(run, integration, settings, inputs, database)
    read_all = partial(_read_all, integration, settings, inputs, rows_done)
    if remembered is None:
        read = Read(read_all)
        _keep(run, read.tables)
        _remember(run, integration, settings, inputs, read.tables)
        return read
    new_rows = remembered.others(remembered.rows)
    _keep(run, {remembered.input.name: new_rows})
    if not run.test:
        earlier_lines.remember(run, remembered.input, settings, remembered.lines)
    return Read(read_all, remembered, new_rows)


def _read_all(
    integration: Integration,
    settings: BaseModel,
    inputs: Mapping[str, Artifact],
    rows_done: Callable[[int], None],
) -> dict[str, Table]:
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
                progress=partial(lambda before, rows: rows_done(before + rows), before),
            )
    return tables


def _keep(run: Run, tables: Mapping[str, Table]) -> None:
    """Store how the inputs are written and where each record starts."""
    plan_store.keep_forms(run, {name: table.form for name, table in tables.items()})
    for name, table in tables.items():
        plan_store.write(run, f"{name}.offsets", table.offsets.alias("offset").to_frame())


def _remember(
    run: Run,
    integration: Integration,
    settings: BaseModel,
    inputs: Mapping[str, Artifact],
    tables: Mapping[str, Table],
) -> None:
    """Let a later run carry over what this one decides, where an integration says it may."""
    if run.test or integration.carrying is None or set(tables) != {integration.carrying.input}:
        return
    input = next(declared for declared in integration.inputs if declared.name in tables)
    form = tables[input.name].form
    if form.newline == "\n":
        earlier_lines.remember(
            run, input, settings, earlier_lines.lines_of(inputs[input.name], form)
        )


def line_text(run: Run) -> LineText:
    """A function that shows records of this run's inputs as they were written."""

    def texts(input: str, lines: pl.Series) -> pl.DataFrame:
        schema = {"line": pl.UInt32(), "text": pl.String()}
        if lines.is_empty():  # as of an input that a run of a part was not given
            return pl.DataFrame(schema=schema)
        form = plan_store.form_of(run, input)
        artifact = run.artifacts.get(kind="input", name=input)
        starts = plan_store.read(run, f"{input}.offsets")["offset"]
        ends = starts.shift(-1, fill_value=artifact.size)
        numbers = lines.cast(pl.Int64) - 1
        with artifacts.checked_path(artifact).open("rb") as file:
            texts_read = []
            for start, end in zip(starts.gather(numbers), ends.gather(numbers), strict=True):
                file.seek(start)
                texts_read.append(record_text(file.read(end - start), form))
        return pl.DataFrame({"line": lines, "text": texts_read}, schema=schema)

    return texts
