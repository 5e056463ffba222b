"""Names as they are compared, and the initials they are looked up by."""

import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from rollcall.core.matching.names import fold_name, initial, possible_initials


def one(expression: pl.Expr, name: str | None) -> object:
    return pl.DataFrame({"name": [name]}, schema={"name": pl.String}).select(expression).item()


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("I\u0307nci")
@example("Ærø")
@example(" Kim")
@example("\u212angstr")
def test_a_name_is_among_those_its_folded_form_is_looked_up_by(name: str) -> None:
    written = one(initial(pl.col("name")), name)
    assert written in list(one(possible_initials(pl.col("name")), fold_name(name)))  # type: ignore[call-overload] # a Series


def test_initials_are_small_letters_and_nothing_else() -> None:
    names = ["Kim", "garcía", "Øst", "5th", "", None]
    assert [one(initial(pl.col("name")), name) for name in names] == ["k", "g", "", "", "", ""]
