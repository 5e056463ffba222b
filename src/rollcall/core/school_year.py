"""The school year: always both calendar years, "2016-2017", never a bare number."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Self

#: Seed 001 and FACTS 2.5: a school year begins on July 1.
FIRST_MONTH = 7
_EARLIEST, _LATEST = 1900, 2199


@dataclass(frozen=True, order=True)
class SchoolYear:
    """The school year that begins in the calendar year `start`. Earlier years sort first."""

    start: int

    def __post_init__(self) -> None:
        if not _EARLIEST <= self.start <= _LATEST:
            raise ValueError(f"a school year begins between {_EARLIEST} and {_LATEST}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """ "2016-2017" as a value. ValueError with a sentence that says what to write instead."""
        match = re.fullmatch(r"([0-9]{4})-([0-9]{4})", text.strip())
        if not match:
            raise ValueError(f"{text!r} is not a school year; write both years, as 2016-2017")
        start, end = int(match[1]), int(match[2])
        if end != start + 1:
            raise ValueError(f"{text!r} is not one school year; after {start} comes {start + 1}")
        return cls(start)

    @classmethod
    def containing(cls, day: date) -> Self:
        """The school year `day` is in: June 30 is in the old one, July 1 in the new one."""
        return cls(day.year if day.month >= FIRST_MONTH else day.year - 1)

    @property
    def end(self) -> int:
        """The calendar year it ends in (what Ed-Fi and OneRoster call the school year)."""
        return self.start + 1

    @property
    def first_day(self) -> date:
        """July 1: the first day where a district's calendar names none (seed 001)."""
        return date(self.start, FIRST_MONTH, 1)

    @property
    def last_day(self) -> date:
        """June 30."""
        return date(self.end, 6, 30)

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    def next(self) -> Self:
        """The school year after this one."""
        return type(self)(self.start + 1)

    def previous(self) -> Self:
        """The school year before this one."""
        return type(self)(self.start - 1)

    def __str__(self) -> str:
        return f"{self.start:04}-{self.end:04}"
