"""What people decide about rows that match nobody for certain, and what the matcher makes of it.

Three kinds. *Link*: this row is that student. *Different*: this row is never that student.
*Ignore*: leave the row alone until a day. A decision is about whom a row speaks of, not about a
line of one file: by its state id when it has one, else by its folded names and birth date.

What wins, and why:

- A student whom a person ruled out is not found for the row, neither by id nor by name.
- A state id that leaves one student is followed, linked or not: it is the state's own word, and
  the link was made when it said nothing. Where the two differ, a finding says so.
- A state id that nobody has, or that several share, leaves the choice to the link (of several only
  among them).
- A name is weaker than a person's word: a link wins over any match by name. When the linked
  student is gone, the row stays unmatched rather than fall to somebody of the same name.
- Ignoring changes no outcome and no count, only the reason: the row is no open question.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import polars as pl

from rollcall.core.plans.plan import OUTCOME_SCHEMA, Outcome, in_full_once


class DecisionKind(StrEnum):
    """What a person can decide about a row."""

    LINK = "link"
    DIFFERENT = "different"
    IGNORE = "ignore"


#: The columns that say whom a row is about. The names are folded (`core.matching.names.fold_name`).
IDENTITY: dict[str, pl.DataType] = {
    "state_id": pl.String(),
    "last_name": pl.String(),
    "first_name": pl.String(),
    "birth_date": pl.Date(),
}
#: A frame of decisions. Of an identity there is one link and one ignore at most; `local_id` is the
#: student linked or ruled out, `until` the first day on which an ignored row is open again.
MATCH_DECISIONS_SCHEMA: dict[str, pl.DataType] = {
    "integration": pl.String(),
    "kind": pl.String(),
    **IDENTITY,
    "local_id": pl.String(),
    "until": pl.Date(),
    "made_by": pl.String(),
    "made_on": pl.Date(),
}

#: The rules that a decision can give a row, beside those of the lookup
#: (`core.matching.match.REASONS`).
LINKED = "link"
STATE_ID_OVER_LINK = "state_id_over_link"
LINKED_STUDENT_GONE = "linked_student_gone"
DIFFERENT_PERSON = "different_person"
IGNORED = "ignored"


@dataclass(frozen=True)
class Way:
    """One way to find a student: the columns compared, and the rule for none, one and several.

    `firm`: what it finds stands against a link.
    """

    key: tuple[str, ...]
    single: str
    none: str
    several: str
    firm: bool


def no_decisions() -> pl.DataFrame:
    """An empty frame of decisions."""
    return pl.DataFrame(schema=MATCH_DECISIONS_SCHEMA)


def standing(decisions: pl.DataFrame, integration: str, today: date) -> pl.DataFrame:
    """The decisions on rows of this integration that are in force today."""
    over = pl.col("until").is_not_null() & (pl.col("until") <= today)
    return decisions.filter((pl.col("integration") == integration) & ~over)


def settle(
    matched: pl.DataFrame,
    keys: pl.DataFrame,
    students: pl.DataFrame,
    decisions: pl.DataFrame,
    way: Way,
) -> pl.DataFrame:
    """`matched`, with what people decided about these rows; OUTCOME_SCHEMA, in no order.

    `matched`: what looking the rows up by `way` alone gave (OUTCOME_SCHEMA). `keys`: line and
    `way.key` of the same rows. `students`: those there are, by local_id. `decisions`: those in
    force (`standing`). Rows of one key are decided alike, by the first of them: it alone has all
    candidates.
    """
    by_key = _told(decisions, way) if decisions.height else decisions
    if by_key.is_empty():
        return matched
    key = list(way.key)
    about = keys.select("line", *key).join(by_key.select(key), on=key, how="semi")
    first = about.group_by(key).agg(pl.col("line").min()).join(by_key, on=key)
    there = students.select(link="local_id", there=pl.lit(True))
    there = there.join(first.select("link").unique(), on="link", how="semi")
    rows = matched.join(first, on="line").join(there, on="link", how="left")
    decided = _decide(rows, way).join(first.select("line", *key), on="line")
    untouched = matched.join(about, on="line", how="anti")
    # The outcome of each of `rows` (line, key) by what was decided of its key.
    lists = in_full_once(about, decided.select(*key, "candidates"), key)
    alike = about.join(decided.drop("line", "candidates"), on=key)
    return pl.concat([untouched, alike.join(lists, on="line").select(list(OUTCOME_SCHEMA))])


_TOLD = ("link", "different", "ignored")


def _told(decisions: pl.DataFrame, way: Way) -> pl.DataFrame:
    """What was decided, a row for each identity that `way` can look up; see `_TOLD`."""
    with_id = pl.col("state_id").is_not_null()
    of_way = decisions.filter(with_id if "state_id" in way.key else ~with_id)
    ids, kind = pl.col("local_id"), pl.col("kind")
    return of_way.group_by(way.key).agg(
        link=ids.filter(kind == DecisionKind.LINK).first(),
        different=ids.filter(kind == DecisionKind.DIFFERENT),
        ignored=(kind == DecisionKind.IGNORE).any(),
    )


def _decide(rows: pl.DataFrame, way: Way) -> pl.DataFrame:
    """The outcomes of rows that were decided about: OUTCOME_SCHEMA with _TOLD and `there`."""
    linked = pl.when(pl.col("local_id").is_not_null()).then(pl.concat_list("local_id"))
    allowed = linked.otherwise(pl.col("candidates").fill_null([]))
    link = pl.when(~pl.col("different").list.contains(pl.col("link"))).then("link")
    ruled = rows.with_columns(
        left=allowed.list.set_difference("different").list.sort(),
        ruled_out=allowed.list.set_intersection("different").list.len() > 0,
        link=link,
        there=pl.col("there").fill_null(False),
    ).with_columns(decided=_rule(way))
    outcome = _outcome(way)
    return ruled.select(
        "line",
        outcome=outcome,
        rule=pl.when(pl.col("ignored") & outcome.is_in(_OPEN))
        .then(pl.lit(IGNORED))
        .otherwise("decided"),
        local_id=pl.when(pl.col("decided") == LINKED)
        .then("link")
        .when(outcome == Outcome.MATCHED)
        .then(pl.col("left").list.first()),
        candidates=pl.when(outcome == Outcome.AMBIGUOUS)
        .then("left")
        .cast(OUTCOME_SCHEMA["candidates"]),
    )


#: The outcomes of rows that are an open question.
_OPEN = (Outcome.UNMATCHED, Outcome.AMBIGUOUS)


def _rule(way: Way) -> pl.Expr:
    """The rule for a row, from whom the lookup leaves (`left`) and who is linked, if anybody."""
    count, link = pl.col("left").list.len(), pl.col("link")
    linked, there = link.is_not_null(), pl.col("there")
    among = (count > 1) & pl.col("left").list.contains(link)
    decides = pl.lit(True) if not way.firm else (count == 0) | among
    return (
        pl.when((count == 1) & (~linked | (pl.col("left").list.first() == link)))
        .then(pl.lit(way.single))
        .when(linked & there & decides)
        .then(pl.lit(LINKED))
        .when(linked & ~there & decides & ~among)
        .then(pl.lit(LINKED_STUDENT_GONE))
        .when(count == 1)
        .then(pl.lit(STATE_ID_OVER_LINK))
        .when(count > 1)
        .then(pl.lit(way.several))
        .when("ruled_out")
        .then(pl.lit(DIFFERENT_PERSON))
        .otherwise("rule")
    )


def _outcome(way: Way) -> pl.Expr:
    """What the rule of `_rule` makes of a row; a rule of the lookup that finds nobody: nobody."""
    decided = pl.col("decided")
    matched = decided.is_in([way.single, LINKED, STATE_ID_OVER_LINK])
    return (
        pl.when(matched)
        .then(pl.lit(Outcome.MATCHED))
        .when(decided == way.several)
        .then(pl.lit(Outcome.AMBIGUOUS))
        .otherwise(pl.lit(Outcome.UNMATCHED))
    )


_DECIDED = {
    DecisionKind.LINK: "Linked to student {student} by {by} on {on}.",
    DecisionKind.DIFFERENT: "Not student {student}: decided by {by} on {on}.",
    DecisionKind.IGNORE: "To be left alone until {until}: decided by {by} on {on}.",
}


def decision_sentence(decision: Mapping[str, str | date | None]) -> str:
    """What was decided, by whom and when; `decision`: a row of MATCH_DECISIONS_SCHEMA."""
    return _DECIDED[DecisionKind(str(decision["kind"]))].format(
        student=decision["local_id"],
        until=decision["until"],
        by=decision["made_by"] or "somebody",
        on=decision["made_on"],
    )
