"""What an earlier run decided, remembered for the next: which lines of a file are known already,
and whose student and record nobody has touched since (core.plans.carry_over,
engine.plans.carry_over).
"""

import hashlib
import json
import mmap
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import polars as pl
from pydantic import BaseModel

from rollcall import __version__
from rollcall.core.files.encoding import UTF8
from rollcall.core.files.header import HEAD, Shape
from rollcall.core.files.lines import MARK, find_lines
from rollcall.core.files.read import read_some, shape_of
from rollcall.core.files.tables import Form, Table, joined
from rollcall.core.integration import Input, Integration
from rollcall.core.plans.carry_over import Carrying, decided_before, unmoved
from rollcall.core.problems import Problem
from rollcall.engine import artifacts
from rollcall.engine.models import Approval, Artifact, Run
from rollcall.engine.plans import plan_store
from rollcall.engine.runs.inputs.fetching import last_comparable
from rollcall.records import read as records
from rollcall.records.copying import Database
from rollcall.records.types import STUDENT

#: From this share of lines on that must be decided, deciding all of them is as quick.
_MOST = 0.5
#: When more records than this were touched since, their lines are not looked for one by one.
_MANY = 100_000
_REMEMBERED = "remembered.json"
#: What is read again of the earlier run.
_PARTS = ("lines", "rows")


@dataclass(frozen=True)
class Remembered:
    """What an earlier run decided about lines that this run's input has as well.

    `rows`: as `core.plans.carry_over.decided_before` gives them. `lines`: all of this input
    (LINES_SCHEMA).
    """

    carrying: Carrying
    input: Input
    settings: BaseModel
    earlier: Run
    rows: pl.DataFrame
    lines: pl.DataFrame
    shape: Shape
    artifact: Artifact

    def others(self, rows: pl.DataFrame) -> Table:
        """The lines of the input that are not in `rows`, read as among all of them."""
        lines = self.lines.join(rows, on="line", how="anti", maintain_order="left")
        return self._read(lines["line"], rows)

    def more(self, new_rows: Table, rows: pl.DataFrame, undecided: pl.DataFrame) -> Table:
        """`new_rows`, and the lines of `rows` that are no longer in `undecided`."""
        taken = rows.join(undecided, on="line", how="anti", maintain_order="left")
        return joined(new_rows, self._read(taken["line"], rows)) if taken.height else new_rows

    def _read(self, numbers: pl.Series, rows: pl.DataFrame) -> Table:
        shape = self.shape
        # One well-formed line beyond ASCII makes a file UTF-8, also for its other lines.
        if rows["foreign"].any():
            shape = replace(shape, form=replace(shape.form, encoding=UTF8))
        table = read_some(
            self._texts(numbers),
            numbers,
            shape,
            self.input.layout(self.settings),
            self.input.options(self.settings),
            input=self.input.name,
            id_field=self.input.id_field,
        )
        return replace(table, offsets=self.lines["offset"])

    def _texts(self, numbers: pl.Series) -> Iterator[bytes]:
        """These lines, each with a line end."""
        starts = self.lines["offset"]
        ends = starts.shift(-1, fill_value=self.artifact.size)
        places = numbers - 1
        with (
            artifacts.checked_path(self.artifact).open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            for start, end in zip(starts.gather(places), ends.gather(places), strict=True):
                # Blank lines may lie between a record and the next one.
                yield data[start:end].split(b"\n", 1)[0] + b"\n"

    def findings(self, rows: pl.DataFrame) -> pl.DataFrame:
        """What the earlier run found about these rows, under this file's line numbers."""
        earlier_findings = plan_store.read(self.earlier, "findings").filter(
            pl.col("input") == self.input.name
        )
        renamed = earlier_findings.rename({"line": "earlier_line"}).join(
            rows.select("line", "earlier_line"), on="earlier_line"
        )
        return renamed.select(earlier_findings.columns)


def recall(
    run: Run,
    integration: Integration,
    settings: BaseModel,
    inputs: Mapping[str, Artifact],
    database: Database,
) -> Remembered | None:
    """What can be carried over into this run; None when too little can, or nothing for certain."""
    carrying = integration.carrying
    if carrying is None or run.forced or run.partial or set(inputs) != {carrying.input}:
        return None
    earlier = last_comparable(run)
    # Of rows left out by a person the earlier run did not do what it says of them.
    if earlier is None or Approval.objects.filter(run=earlier).exclude(excluded={}).exists():
        return None
    input = next(declared for declared in integration.inputs if declared.name == carrying.input)
    try:
        common = _common(run, carrying, input, settings, earlier, inputs[input.name])
    except Problem:  # files of the earlier run are gone or damaged: decide anew
        return None
    still = standing(common, run, integration, database) if common else None
    if common is None or still is None or still.height < (1 - _MOST) * common.lines.height:
        return None
    return replace(common, rows=still)


def _common(
    run: Run,
    carrying: Carrying,
    input: Input,
    settings: BaseModel,
    earlier: Run,
    artifact: Artifact,
) -> Remembered | None:
    """The lines that the earlier run decided the same way; None when the two cannot be compared."""
    if not _alike(run, earlier, _fingerprint(input, settings)):
        return None
    with artifacts.checked_path(artifact).open("rb") as file:
        head = file.read(HEAD)
    shape = shape_of(head, input.layout(settings), input.options(settings), input=input.name)
    if not _same_form(shape.form, plan_store.form_of(earlier, input.name)):
        return None
    stored = [plan_store.path(earlier, f"{input.name}.{part}.parquet") for part in _PARTS]
    with ThreadPoolExecutor(1) as beside:
        before = beside.submit(lambda: [pl.read_parquet(path) for path in stored])
        lines = lines_of(artifact, shape.form)
    earlier_lines, earlier_rows = before.result()
    rows = decided_before(lines, earlier_lines, earlier_rows, carrying.rules)
    # One line is always read: a file whose other lines are all bad is readable for all that.
    rows = rows.slice(1)
    return Remembered(carrying, input, settings, earlier, rows, lines, shape, artifact)


def standing(
    remembered: Remembered, run: Run, integration: Integration, database: Database
) -> pl.DataFrame | None:
    """The remembered rows whose student and record nobody has touched since, and which no student
    who was touched fits now; None when too much was, or something else that rows are decided by.
    """
    carrying, earlier = remembered.carrying, remembered.earlier
    names = records.record_types_of(integration.views, integration.records)
    try:
        moved = records.touched(
            database,
            run.district_id,
            (earlier.applied_snapshot, earlier.applied_txid),
            names,
            carrying.id,
            _MANY + 1,
        )
    except Problem:
        return None
    own = [STUDENT.name, carrying.record]
    if moved.height > _MANY or not moved["record"].is_in(own).all():
        return None
    rows = unmoved(remembered.rows, moved, carrying.id)
    ids = moved.filter(pl.col("record") == STUDENT.name).select("local_id").unique()
    if ids.is_empty():
        return rows
    students = records.view(database, "students", run.district_id, run.school_year, ids)
    return rows.filter(~pl.col("line").is_in(carrying.fitting(rows, students).implode()))


def remember(run: Run, input: Input, settings: BaseModel, lines: pl.DataFrame) -> None:
    """Store what a later run needs to carry over what this one decides."""
    plan_store.write(run, f"{input.name}.lines", lines.select("line", *MARK))
    marks = {"fingerprint": _fingerprint(input, settings)}
    artifacts.store(run, "plan", _REMEMBERED, [json.dumps(marks).encode()])


def lines_of(artifact: Artifact, form: Form) -> pl.DataFrame:
    """All lines of an input, without its header (LINES_SCHEMA)."""
    with artifacts.checked_path(artifact).open("rb") as file:
        file.seek(form.offset)
        return find_lines(iter(lambda: file.read(artifacts.BLOCK), b""), form.offset)


def _alike(run: Run, earlier: Run, fingerprint: str) -> bool:
    """Whether both runs read and decide a line the same way, and the earlier one is remembered."""
    stored = artifacts.find(earlier, "plan", _REMEMBERED)
    if stored is None or not earlier.applied_snapshot or run.school_year != earlier.school_year:
        return False
    marks = json.loads(artifacts.checked_path(stored).read_bytes())
    return bool(marks["fingerprint"] == fingerprint)


def _fingerprint(input: Input, settings: BaseModel) -> str:
    """Of all that decides how a line is read: the product, the settings and the layout."""
    parts = (__version__, settings.model_dump_json(), repr(input.layout(settings)))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _same_form(form: Form, before: Form) -> bool:
    """Whether the files are written the same way, in an encoding that no bad line decides."""
    return (
        form.newline == before.newline == "\n"
        and form.header == before.header
        and form.encoding in ("auto", UTF8)
        and before.encoding == UTF8
    )
