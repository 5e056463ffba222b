"""Match rows to students: by state id, else by name and birth date (seed 001, "Import Process").

A row with a state id (in California the SSID) is decided by it alone. A row without one is matched
by last name, first name and birth date, and only when exactly one student fits. Rows that claim
the same student are duplicates, and none of them is used.
"""

from collections.abc import Mapping

import polars as pl

from rollcall.core.findings import FINDINGS_SCHEMA, no_findings
from rollcall.core.matching.match_decisions import IDENTITY, Way, settle
from rollcall.core.matching.match_reasons import REASONS
from rollcall.core.matching.names import folded
from rollcall.core.plans.frames import all_different
from rollcall.core.plans.plan import (
    FEW,
    NAMED,
    OUTCOME_SCHEMA,
    Outcome,
    in_full_once,
)

_BY_STATE_ID = Way(("state_id",), "state_id", "unknown_state_id", "shared_state_id", firm=True)
_BY_NAME = Way(
    ("last_name", "first_name", "birth_date"),
    "name_birth_date",
    "unknown_name",
    "shared_name",
    firm=False,
)


def match_students(
    rows: pl.DataFrame,
    students: pl.DataFrame,
    refused: pl.DataFrame | None = None,
    decisions: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """What became of each row; one row per row (OUTCOME_SCHEMA), by line.

    `rows`: line, state_id, last_name, first_name, birth_date. `students`: local_id and the same
    four. `refused`: line, id of the rows that could not be read (Table.rejected); they get no
    outcome here, but where their id is known they make duplicates of the rows with the same id.
    `decisions`: what people decided about such rows (`core.matching.match_decisions.standing`).
    Rules: seed 001, "Import Process"; issue 2, "Matching".
    """
    ids = _with_state_id(rows)
    unread = _with_state_id((refused if refused is not None else _NONE_REFUSED).rename(_ID))
    every_id = pl.concat([ids, unread])
    nameless = rows.join(ids, on="line", how="anti")
    matched = pl.concat(
        [by_state_id(every_id, students, decisions), by_name(nameless, students, decisions)]
    )
    marked = _mark_duplicates(matched, every_id)
    return marked.join(unread, on="line", how="anti").sort("line")


_ID = {"id": "state_id"}
_NONE_REFUSED = pl.DataFrame(schema={"line": pl.UInt32(), "id": pl.String()})


def _with_state_id(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("line", "state_id").filter(pl.col("state_id").fill_null("") != "")


def by_state_id(
    rows: pl.DataFrame, students: pl.DataFrame, decisions: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Rows (line, state_id) found among students (local_id, state_id); OUTCOME_SCHEMA.

    Every row must have a state id. Duplicates within the rows are not looked for.
    """
    with_state_id = students.select("local_id", "state_id").filter(
        pl.col("state_id").fill_null("") != ""
    )
    matched = _look_up(rows, with_state_id, _BY_STATE_ID)
    return (
        matched if decisions is None else settle(matched, rows, students, decisions, _BY_STATE_ID)
    )


def by_name(
    rows: pl.DataFrame, students: pl.DataFrame, decisions: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Rows (line, last_name, first_name, birth_date) found among students; OUTCOME_SCHEMA.

    Names are compared by `fold_name`. Only students born on a day that occurs in the rows are
    looked at, so a file in which few rows lack a state id costs little.
    """
    born = students.join(rows.select("birth_date").unique(), on="birth_date", how="semi")
    keys = _name_keys(rows, "line")
    complete = keys.filter(_complete())
    matched = _look_up(complete, _name_keys(born, "local_id").filter(_complete()), _BY_NAME)
    if decisions is not None:
        matched = settle(matched, complete, students, decisions, _BY_NAME)
    lacking = keys.filter(~_complete()).select("line")
    return pl.concat([matched, _outcomes(lacking, Outcome.UNMATCHED, "nothing_to_match_on")])


def _name_keys(frame: pl.DataFrame, id: str) -> pl.DataFrame:
    names = (folded(frame[name]).alias(name) for name in ("last_name", "first_name"))
    return frame.select(id, "birth_date", *names)


def _complete() -> pl.Expr:
    names = (pl.col(name).fill_null("") != "" for name in ("last_name", "first_name"))
    return pl.all_horizontal(*names, pl.col("birth_date").is_not_null())


def identities(rows: pl.DataFrame) -> pl.DataFrame:
    """Whom each row is about, as decisions name it: line and IDENTITY, in the order of `rows`.

    `rows`: as for `match_students`; the names and the birth date may be missing altogether. A row
    with a state id has that alone, one without has its folded names and birth date, and one that
    lacks any of these has nothing: it cannot be told from others like it.
    """
    absent = [pl.lit(None, t).alias(n) for n, t in IDENTITY.items() if n not in rows.columns]
    rows = rows.with_columns(absent)
    keys = _name_keys(rows, "line").with_columns(rows["state_id"].replace("", None))
    has_name_only = pl.col("state_id").is_null() & _complete()
    by_name = (pl.when(has_name_only).then(name).alias(name) for name in _BY_NAME.key)
    return keys.select("line", "state_id", *by_name)


def decided(
    matched: pl.DataFrame, keys: pl.DataFrame, students: pl.DataFrame, decisions: pl.DataFrame
) -> pl.DataFrame:
    """What was found of some rows (OUTCOME_SCHEMA), with these decisions about them.

    `keys`: line and IDENTITY of each, as `identities` gives them. `students`: the local_id of those
    there are, of whom the decisions link to.
    """
    parts = []
    for way in (_BY_STATE_ID, _BY_NAME):
        has_state_id = pl.col("state_id").is_not_null()
        of_way = keys.filter(has_state_id if way.firm else ~has_state_id)
        rows = matched.join(of_way, on="line", how="semi")
        parts.append(settle(rows, of_way, students, decisions, way))
    return pl.concat(parts)


def _look_up(rows: pl.DataFrame, students: pl.DataFrame, way: Way) -> pl.DataFrame:
    """The outcome of each row by one way; `rows` has line and the key, `students` local_id too."""
    key = list(way.key)
    if rows.height * 4 < students.height:
        students = students.join(rows, on=key, how="semi")
    # How many students have each key, and the local id of one of them.
    counted = (
        students.with_columns(holders=pl.lit(1, pl.UInt32))
        if all_different(students.select(key))
        else students.group_by(key).agg(pl.len().alias("holders"), pl.col("local_id").first())
    )
    joined = rows.select("line", *key).join(counted, on=key, how="left")
    shared = joined.filter(pl.col("holders") > 1).select("line", *key)
    # line, candidates (OUTCOME_SCHEMA): the local ids of the students with the row's key.
    holders = students.join(shared.select(key).unique(), on=key, how="semi")
    by_key = holders.group_by(key).agg(candidates=pl.col("local_id").sort())
    several = in_full_once(shared, by_key, key)
    single = pl.col("holders") == 1
    unique = joined.filter(pl.col("holders").fill_null(0) < 2).select(
        "line",
        outcome=pl.when(single).then(pl.lit(Outcome.MATCHED)).otherwise(pl.lit(Outcome.UNMATCHED)),
        rule=pl.when(single).then(pl.lit(way.single)).otherwise(pl.lit(way.none)),
        local_id="local_id",
        candidates=pl.lit(None, OUTCOME_SCHEMA["candidates"]),
    )
    return pl.concat([unique, _outcomes(several, Outcome.AMBIGUOUS, way.several)])


def _outcomes(rows: pl.DataFrame, outcome: Outcome, rule: str) -> pl.DataFrame:
    """An outcome frame that says the same of every row (line and, if there, candidates)."""
    candidates = pl.col("candidates") if "candidates" in rows.columns else pl.lit(None)
    return rows.select(
        "line",
        outcome=pl.lit(outcome, pl.String),
        rule=pl.lit(rule),
        local_id=pl.lit(None, pl.String),
        candidates=candidates.cast(OUTCOME_SCHEMA["candidates"]),
    )


def _mark_duplicates(matched_rows: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    """Turn rows into duplicates that share a state id or that were found to be one student.

    `matched_rows` holds every row with its outcome, also those of `ids` that could not be read.
    """
    twins = ids.filter(_repeated(ids["state_id"])).select("line")
    matched = matched_rows.filter(pl.col("local_id").is_not_null())
    same = matched.filter(_repeated(matched["local_id"])).select("line")
    same = same.join(twins, on="line", how="anti")
    if twins.is_empty() and same.is_empty():
        return matched_rows
    single = matched_rows.join(pl.concat([twins, same]), on="line", how="anti")
    by_id = _outcomes(twins, Outcome.DUPLICATE, "same_state_id")
    return pl.concat([single, by_id, _outcomes(same, Outcome.DUPLICATE, "same_student")])


def _repeated(values: pl.Series) -> pl.Series:
    """Which values occur more than once. Their hashes are looked at first: only those few whose
    hash occurs more than once are compared themselves.
    """
    few = values.filter(values.hash().is_duplicated())
    return values.is_in(few.filter(few.is_duplicated()).unique().implode())


def match_findings(
    rows: pl.DataFrame, input: str, reasons: Mapping[str, str] = REASONS
) -> pl.DataFrame:
    """A finding for each row that was decided by a rule of `reasons`.

    `rows`: OUTCOME_SCHEMA. The detail of an ambiguous row names the students by local id.
    """
    with_reason = rows.filter(pl.col("rule").is_in(list(reasons)))
    if with_reason.is_empty():
        return no_findings()
    many = pl.col("candidates").list.len()
    more = pl.when(many == FEW).then(pl.lit(f"more than {NAMED}")).otherwise(many.cast(pl.String))
    count = pl.when(many > 0).then(more)
    listed = pl.col("candidates").list.head(NAMED).list.join(", ")
    findings = with_reason.select(
        "line",
        input=pl.lit(input),
        field=pl.lit(None, pl.String),
        code=pl.col("rule").replace_strict(dict(reasons), return_dtype=pl.String),
        detail=(count + " students: " + listed).fill_null(""),
    )
    return findings.select(list(FINDINGS_SCHEMA))
