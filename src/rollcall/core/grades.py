"""Grades as records, partners and people write them. Pure."""


def spellings(grade: str) -> set[str]:
    """The ways one grade is written: the records say 05 (or 5), people and the state 5."""
    plain = grade.strip().upper().lstrip("0")
    return {grade, plain, plain.zfill(2)}
