"""Match rows to students: by state id, else by name and birth date (seed 001, "Import Process").

A row with a state id (in California the SSID) is decided by it alone. A row without one is matched
by last name, first name and birth date, and only when exactly one student fits. Rows that claim
the same student are duplicates, and none of them is used.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from rollcall.core.findings import FINDINGS_SCHEMA, Codes, Severity, no_findings
from rollcall.core.frames import all_different
from rollcall.core.plan import OUTCOME_SCHEMA, Outcome

#: Partners cut names to this many characters, so only these are compared (seed 001, NOTE).
NAME_WIDTH = 15
#: At most so many candidates are named in a finding.
_NAMED = 5
_SOURCE = "the office that keeps the partner's system"
_DISTRICT = "the office that keeps student records"

#: Why a row was not matched, as its `rule` says, and the finding that explains it.
REASONS: Mapping[str, str] = {
    "unknown_state_id": Codes.add(
        "match.unknown_state_id",
        Severity.WARNING,
        "No student has this row's state id",
        "Correct the id in the partner's system, or enter it with the student. A row with an id is "
        "never matched by name.",
        _SOURCE,
    ),
    "shared_state_id": Codes.add(
        "match.shared_state_id",
        Severity.ERROR,
        "Several students have this row's state id",
        "Correct the state id of the students named, then run the import again.",
        _DISTRICT,
    ),
    "unknown_name": Codes.add(
        "match.unknown_name",
        Severity.WARNING,
        "The row has no state id, and no student has its name and birth date",
        "Enter the state id in the partner's system, or correct the name or the birth date.",
        _SOURCE,
    ),
    "shared_name": Codes.add(
        "match.shared_name",
        Severity.ERROR,
        "The row has no state id, and several students have its name and birth date",
        "Enter the state id in the partner's system.",
        _SOURCE,
    ),
    "nothing_to_match_on": Codes.add(
        "match.nothing_to_match_on",
        Severity.WARNING,
        "The row has no state id, and its name or birth date is missing",
        "Enter the state id in the partner's system.",
        _SOURCE,
    ),
    "same_state_id": Codes.add(
        "match.same_state_id",
        Severity.ERROR,
        "The file holds this state id more than once, so none of these rows is used",
        "Remove the wrong rows in the partner's system and extract the file again.",
        _SOURCE,
    ),
    "same_student": Codes.add(
        "match.same_student",
        Severity.ERROR,
        "Several rows of the file belong to one student, so none of them is used",
        "Remove the wrong rows in the partner's system and extract the file again.",
        _SOURCE,
    ),
}


@dataclass(frozen=True)
class _Way:
    """One way to find a student: the columns compared, and the rule for none, one and several."""

    key: tuple[str, ...]
    one: str
    none: str
    several: str


_BY_STATE_ID = _Way(("state_id",), "state_id", "unknown_state_id", "shared_state_id")
_BY_NAME = _Way(("last", "first", "birth_date"), "name_birth_date", "unknown_name", "shared_name")


def match_students(
    rows: pl.DataFrame, students: pl.DataFrame, refused: pl.DataFrame | None = None
) -> pl.DataFrame:
    """What became of each row; one row per row (OUTCOME_SCHEMA), by line.

    `rows`: line, state_id, last_name, first_name, birth_date. `students`: local_id and the same
    four. `refused`: line, id of the rows that could not be read (Table.rejected); they get no
    outcome here, but where their id is known they make duplicates of the rows with the same id.
    Rules: seed 001, "Import Process"; issue 2, "Matching".
    """
    ids = _with_state_id(rows)
    unread = _with_state_id((refused if refused is not None else _NONE_REFUSED).rename(_ID))
    every_id = pl.concat([ids, unread])
    nameless = rows.join(ids, on="line", how="anti")
    found = pl.concat([by_state_id(every_id, students), by_name(nameless, students)])
    marked = _mark_duplicates(found, every_id)
    return marked.join(unread, on="line", how="anti").sort("line")


_ID = {"id": "state_id"}
_NONE_REFUSED = pl.DataFrame(schema={"line": pl.UInt32(), "id": pl.String()})


def _with_state_id(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("line", "state_id").filter(pl.col("state_id").fill_null("") != "")


def by_state_id(rows: pl.DataFrame, students: pl.DataFrame) -> pl.DataFrame:
    """Rows (line, state_id) found among students (local_id, state_id); OUTCOME_SCHEMA.

    Every row must have a state id. Duplicates within the rows are not looked for.
    """
    known = students.select("local_id", "state_id").filter(pl.col("state_id").fill_null("") != "")
    return _look_up(rows, known, _BY_STATE_ID)


def by_name(rows: pl.DataFrame, students: pl.DataFrame) -> pl.DataFrame:
    """Rows (line, last_name, first_name, birth_date) found among students; OUTCOME_SCHEMA.

    Names are compared by `fold_name`. Only students born on a day that occurs in the rows are
    looked at, so a file in which few rows lack a state id costs little.
    """
    born = students.join(rows.select("birth_date").unique(), on="birth_date", how="semi")
    keys = _name_keys(rows, "line")
    complete = keys.filter(_complete())
    found = _look_up(complete, _name_keys(born, "local_id").filter(_complete()), _BY_NAME)
    lacking = keys.filter(~_complete()).select("line")
    return pl.concat([found, _outcomes(lacking, Outcome.UNMATCHED, "nothing_to_match_on")])


def _name_keys(frame: pl.DataFrame, id: str) -> pl.DataFrame:
    return frame.select(
        id, "birth_date", last=folded(frame["last_name"]), first=folded(frame["first_name"])
    )


def _complete() -> pl.Expr:
    names = (pl.col("last").fill_null("") != "") & (pl.col("first").fill_null("") != "")
    return names & pl.col("birth_date").is_not_null()


#: Letters with a stroke and ligatures, which Unicode does not take apart: Đỗ is written Do.
_STROKED = str.maketrans(
    {"đ": "d", "Đ": "D", "ð": "d", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
    | {"æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "TH"}
)


def fold_name(name: str) -> str:
    """A name as it is compared: its first 15 characters, without accents, case and outer blanks.

    The cut comes first, on composed text, because that is what the partner's field holds.
    """
    cut = unicodedata.normalize("NFC", name)[:NAME_WIDTH].strip()
    if cut.isascii():
        return cut.casefold()
    spread = unicodedata.normalize("NFKD", cut.translate(_STROKED))
    return "".join(c for c in spread if not unicodedata.combining(c)).casefold()


def folded(names: pl.Series) -> pl.Series:
    """`fold_name` of each name; each distinct name is folded once."""
    distinct = names.drop_nulls().unique()
    folded = pl.Series([fold_name(name) for name in distinct], dtype=pl.String)
    return names.replace_strict(distinct, folded, default=None, return_dtype=pl.String)


def _look_up(rows: pl.DataFrame, students: pl.DataFrame, way: _Way) -> pl.DataFrame:
    """The outcome of each row by one way; `rows` has line and the key, `students` local_id too."""
    key = list(way.key)
    if rows.height * 4 < students.height:
        students = students.join(rows, on=key, how="semi")
    joined = rows.select("line", *key).join(_holders(students, key), on=key, how="left")
    shared = joined.filter(pl.col("holders") > 1).select("line", *key)
    several = _candidates(shared, students, key)
    single = pl.col("holders") == 1
    found = joined.filter(pl.col("holders").fill_null(0) < 2).select(
        "line",
        outcome=pl.when(single).then(pl.lit(Outcome.MATCHED)).otherwise(pl.lit(Outcome.UNMATCHED)),
        rule=pl.when(single).then(pl.lit(way.one)).otherwise(pl.lit(way.none)),
        local_id="local_id",
        candidates=pl.lit(None, OUTCOME_SCHEMA["candidates"]),
    )
    return pl.concat([found, _outcomes(several, Outcome.AMBIGUOUS, way.several)])


def _holders(students: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """The key, how many students hold it, and the local id of one of them."""
    if all_different(students.select(key)):
        return students.with_columns(holders=pl.lit(1, pl.UInt32))
    return students.group_by(key).agg(pl.len().alias("holders"), pl.col("local_id").first())


def _candidates(rows: pl.DataFrame, students: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """line, candidates: the local ids, sorted, of all students with the row's key."""
    holders = students.join(rows.select(key).unique(), on=key, how="semi")
    named = holders.group_by(key).agg(candidates=pl.col("local_id").sort())
    return rows.join(named, on=key).select("line", "candidates")


def _outcomes(rows: pl.DataFrame, outcome: Outcome, rule: str) -> pl.DataFrame:
    """An outcome frame that says the same of every row (line and, if there, candidates)."""
    given = pl.col("candidates") if "candidates" in rows.columns else pl.lit(None)
    return rows.select(
        "line",
        outcome=pl.lit(outcome, pl.String),
        rule=pl.lit(rule),
        local_id=pl.lit(None, pl.String),
        candidates=given.cast(OUTCOME_SCHEMA["candidates"]),
    )


def _mark_duplicates(found: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    """Turn rows into duplicates that share a state id or that were found to be one student.

    `found` holds every row with its outcome, also those of `ids` that could not be read.
    """
    twins = ids.filter(_repeated(ids["state_id"])).select("line")
    matched = found.filter(pl.col("local_id").is_not_null())
    same = matched.filter(_repeated(matched["local_id"])).select("line")
    same = same.join(twins, on="line", how="anti")
    if twins.is_empty() and same.is_empty():
        return found
    single = found.join(pl.concat([twins, same]), on="line", how="anti")
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
    """A finding for each row that a rule of `reasons` kept from being matched.

    `rows`: OUTCOME_SCHEMA. The detail of an ambiguous row names the students by local id.
    """
    told = rows.filter(pl.col("rule").is_in(list(reasons)) & (pl.col("outcome") != "matched"))
    if told.is_empty():
        return no_findings()
    count = pl.col("candidates").list.len().cast(pl.String)
    named = pl.col("candidates").list.head(_NAMED).list.join(", ")
    found = told.select(
        "line",
        input=pl.lit(input),
        field=pl.lit(None, pl.String),
        code=pl.col("rule").replace_strict(dict(reasons), return_dtype=pl.String),
        detail=(count + " students: " + named).fill_null(""),
    )
    return found.select(list(FINDINGS_SCHEMA))
