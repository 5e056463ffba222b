"""The rows of a run that were not taken: to be looked at, corrected and sent again, in two forms.

The safe form is CSV to open in a spreadsheet: no cell of it is a formula, and what is wrong stands
beside each row (core.files.safe_rows). The original form is for sending back: a file for each input
with its own header, order, quoting, encoding and line ends, byte for byte, and what a partner wrote
into a cell a spreadsheet would run. `engine.runs.partial_run` runs either, corrected, without
concluding anything from the rows that are not in it.
"""

import mmap
from collections.abc import Callable, Iterable, Iterator

import polars as pl

from rollcall.core.files.file_names import ending, shown_name
from rollcall.core.files.safe_rows import safe_rows_of
from rollcall.core.files.wrong_rows import wrong_rows
from rollcall.core.plans.plan import Outcome
from rollcall.engine import artifacts, registry
from rollcall.engine.models import Artifact, Run
from rollcall.engine.plans import browsing, plan_store
from rollcall.engine.runs.inputs.reading import line_text
from rollcall.engine.settings.config import settings_of

#: Outcomes that a person can do something about; every other row was taken.
FAILED = (Outcome.REJECTED, Outcome.UNMATCHED, Outcome.AMBIGUOUS, Outcome.DUPLICATE)
#: Rows of the safe form are made so many at a time.
_AT_ONCE = 50_000

#: By file name, the content in blocks.
Files = dict[str, Iterator[bytes]]


def failed_rows(run: Run, outcomes: Iterable[Outcome] = FAILED) -> Files:
    """The failed rows of each input that has some as they were written, by line.

    Problem when the run decided about no row, or a stored file is damaged.
    """
    return _files(run, outcomes, "", None, _original)


def safe_failed_rows(run: Run, outcomes: Iterable[Outcome] = FAILED) -> Files:
    """The same as CSV that is safe to open in a spreadsheet."""
    return _files(run, outcomes, "_safe", ".csv", _safe)


def _files(
    run: Run,
    outcomes: Iterable[Outcome],
    mark: str,
    suffix: str | None,
    content: Callable[[Run, Artifact, pl.DataFrame], Iterator[bytes]],
) -> Files:
    """A file for each input; an input whose file is called as another's is named as well."""
    outcome_names = [str(outcome) for outcome in outcomes]
    files: Files = {}
    for input in browsing.inputs(run):
        rows = plan_store.scan(run, f"{input}.rows").select("line", "outcome")
        failed = rows.filter(pl.col("outcome").is_in(outcome_names)).collect()
        if failed.height:
            artifact = run.artifacts.get(kind="input", name=input)
            # CASEMISA.csv of run 12 becomes CASEMISA_failed_rows_of_run_12, and .csv.
            original_name = (
                artifact.source.get("file") or artifact.source.get("upload") or artifact.name
            )
            called_stem, called_suffix = ending(shown_name(original_name, otherwise=artifact.name))
            test = "TEST_" if run.test else ""
            stem, own = f"{test}{called_stem}_failed_rows_of_run_{run.pk}", called_suffix or ".csv"
            name = f"{stem}{mark}{suffix or own}"
            free = name if name not in files else f"{stem}_{input}{mark}{suffix or own}"
            files[free] = content(run, artifact, failed)
    return files


def _original(run: Run, artifact: Artifact, failed: pl.DataFrame) -> Iterator[bytes]:
    """The file's head, as it is, and the lines asked for, each ended as the lines before it are."""
    form = plan_store.form_of(run, artifact.name)
    starts = plan_store.read(run, f"{artifact.name}.offsets")["offset"]
    with (
        artifacts.checked_path(artifact).open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        yield data[: form.offset]
        line_end = b"\r\n" if b"\r\n" in data[: artifacts.BLOCK] else form.newline.encode()
        for start in starts.gather(failed["line"].cast(pl.Int64) - 1):
            next_end = data.find(form.newline.encode(), start)
            yield data[start : next_end + 1] if next_end >= 0 else data[start:] + line_end


def _safe(run: Run, artifact: Artifact, failed: pl.DataFrame) -> Iterator[bytes]:
    """The header and the rows, each with its line, its outcome, what is wrong and what to do."""
    integration = registry.integration(run.sync.integration)
    input = next(declared for declared in integration.inputs if declared.name == artifact.name)
    settings_given = run.version.config.get("settings", {})
    settings = settings_of(run.sync.name, integration.name, settings_given, run.district.state)
    form = safe_rows_of(plan_store.form_of(run, input.name).header, input.layout(settings))
    findings = plan_store.read(run, "findings").filter(pl.col("input") == input.name)
    with_reasons = failed.join(wrong_rows(findings), on="line", how="left", maintain_order="left")
    texts = line_text(run)
    yield form.head.encode()
    for part in with_reasons.iter_slices(_AT_ONCE):
        written = texts(input.name, part["line"])["text"]
        rows = zip(written, part.iter_rows(), strict=True)
        yield "".join(form.row(text, beside) for text, beside in rows).encode()
