"""What a decision may know of the moment it is made in."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Context:
    """The school year being processed, and the district's date."""

    school_year: str
    today: date
