"""Names as they are compared: cut, without accents and case (seed 001, "Import Process")."""

import unicodedata

import polars as pl

#: Partners cut names to this many characters, so only these are compared (seed 001, NOTE).
NAME_WIDTH = 15

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
