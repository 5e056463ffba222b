"""Names as they are compared: cut, without accents and case (seed 001, "Import Process")."""

import unicodedata
from functools import lru_cache

import polars as pl

#: Partners cut names to this many characters, so only these are compared (seed 001, NOTE).
NAME_WIDTH = 15

#: Letters with a stroke and ligatures, which Unicode does not take apart: Đỗ is written Do.
_STROKED = str.maketrans(
    {"đ": "d", "Đ": "D", "ð": "d", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
    | {"æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "TH"}
)


@lru_cache(1 << 16)
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


def initial(names: pl.Expr) -> pl.Expr:
    """The first letter of names as written, a to z in small letters, or "" when it is no such one.

    Names that `fold_name` makes equal have one initial, unless one of them has none.
    """
    first = names.fill_null("").str.slice(0, 1)
    return (
        pl.when(first.str.contains("^[A-Za-z]$"))
        .then(first.str.to_lowercase())
        .otherwise(pl.lit(""))
    )


def possible_initials(names: pl.Expr) -> pl.Expr:
    """The initials that a name may have whose folded form is one of these: its own, and none."""
    return pl.concat_list(initial(names), pl.lit("")).list.unique()
